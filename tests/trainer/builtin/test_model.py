"""The model folder: small, loadable, with the promised tokens and template, better than chance."""

import pytest

from trainer.builtin.corpus import ROLE_TOKENS, take

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from trainer.builtin import pretrain  # noqa: E402

FOLDER = pretrain.FOLDER


@pytest.fixture(scope="module")
def tokenizer():
    torch.set_num_threads(1)
    return transformers.AutoTokenizer.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def model():
    return transformers.AutoModelForCausalLM.from_pretrained(FOLDER)


def test_folder_is_small_and_complete():
    names = {file.name for file in FOLDER.iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors"} <= names
    assert {"tokenizer.json", "tokenizer_config.json"} <= names
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 10_000_000


def test_special_tokens(tokenizer):
    assert tokenizer.pad_token == "<|pad|>"
    assert tokenizer.eos_token == "<|end|>"
    assert tokenizer.bos_token == "<|start|>"
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert all(len(tokenizer.encode(t, add_special_tokens=False)) == 1 for t in ROLE_TOKENS.values())
    assert tokenizer("hello").input_ids.count(tokenizer.bos_token_id) == 1


def test_both_libraries_tokenize_alike(tokenizer):
    from tokenizers import Tokenizer

    plain = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    text = "Top-ups: 1,250.50 zł, wasn't it?\n  Ünïcödé ✓"
    assert tokenizer.encode(text) == plain.encode(text).ids
    assert tokenizer.decode(tokenizer.encode(text), skip_special_tokens=True) == text


def test_template_equals_the_corpus_and_marks_generation(tokenizer):
    chat = next(document for document in take(4, 200) if len(document.turns) > 3)
    messages = [{"role": turn.role, "content": turn.content} for turn in chat.turns]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == chat.render()
    found = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    marked = [t for t, m in zip(found["input_ids"], found["assistant_masks"], strict=True) if m]
    answers = [turn.content + "<|end|>" for turn in chat.turns if turn.role == "assistant"]
    assert tokenizer.decode(marked) == "".join(answers)
    assert found["input_ids"].count(tokenizer.bos_token_id) == 1


def test_loads_in_fp32(model):
    assert model.dtype == torch.float32


def test_greedy_answer_ends(tokenizer, model):
    ended = 0
    for question in ("Repeat: The cat is in the garden.", "My card is late.", "List 3 animals."):
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
        answer = model.generate(**ids, max_new_tokens=60, do_sample=False)[0]
        ended += int(answer[-1] == tokenizer.eos_token_id)
    assert ended == 3


def test_fresh_text_is_likelier_than_by_chance(tokenizer, model):
    rows = pretrain.windows(tokenizer, seed=123, count=8, length=256)
    random = pretrain.build(len(tokenizer), tokenizer, seed=0)
    assert pretrain.evaluate(model, rows) < pretrain.evaluate(random, rows) / 3
