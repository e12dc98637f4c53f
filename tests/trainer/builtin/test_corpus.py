"""The generated corpus: repeatable, in the announced shape, free of benchmark rows."""

import subprocess
import sys
from random import Random

from trainer.builtin.corpus import END, ROLE_TOKENS, START, take
from trainer.builtin.grammar import Grammar, load
from trainer.builtin.issues import catalogue, message
from trainer.builtin.reserved import digest, is_reserved


def test_same_seed_same_documents():
    assert take(5, 300) == take(5, 300)
    assert take(5, 300) != take(6, 300)


def test_documents_begin_and_end_once():
    for document in take(1, 500):
        text = document.render()
        assert text.startswith(START)
        assert text.count(START) == 1
        assert text.rstrip("\n").endswith(END)
        assert all(part.strip() for part in document.parts())
        assert "{" not in text
        assert "<text>" not in text
        assert "<labels>" not in text
        assert "<other>" not in text


def test_about_two_fifths_of_the_text_is_chat():
    rendered = [(bool(document.turns), len(document.render())) for document in take(2, 4000)]
    chat = sum(length for is_chat, length in rendered if is_chat)
    assert 0.33 < chat / sum(length for _, length in rendered) < 0.5


def test_chats_alternate_and_end_with_an_answer():
    for document in take(3, 500):
        roles = [turn.role for turn in document.turns if turn.role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert set(roles) <= set(ROLE_TOKENS)


def test_every_issue_can_be_written():
    grammar = load()
    for domain in catalogue(grammar).values():
        for issue in domain:
            assert len(message(grammar, issue, Random(0))) > 5
            assert not is_reserved(issue.label)


def test_every_rule_of_the_grammar_resolves():
    grammar = load()
    for name, options in grammar.rules.items():
        for parts in options:
            for part in parts:
                if not isinstance(part, str):
                    assert part[0] in grammar.rules or part[0] == "it", (name, part)


def test_grammar_remembers_keys_chooses_and_mends_articles():
    grammar = Grammar(["[fruit words]", "apple", "[line]", "a {fruit#f} is {a|one} {^fruit#f}"])
    assert grammar.expand("line", Random(0)) in {"an apple is an Apple", "an apple is one Apple"}


def test_digest_ignores_case_and_punctuation():
    assert digest("Where's my  card?") == digest("wheres my card")
    assert is_reserved("Card Arrival")


def test_nothing_heavy_is_imported():
    code = "import sys, trainer.builtin.corpus, trainer.builtin.sample; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
