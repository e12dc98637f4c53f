"""The built-in model's card: the README.md beside its weights."""

from collections.abc import Mapping
from dataclasses import dataclass

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# tunesmith-tiny

A Llama of {parameters:,} parameters, {megabytes:.1f} MB, made so that fine-tuning can be tried in
a minute on a CPU, with no download.

**What it is.** A base model pretrained on English text that Tunesmith generates itself from
templates and word lists: small stories, letters, customers' messages from banks, shops, travel,
energy, phone contracts, software, health and school, and short instructions (classify, extract,
repeat, rephrase, answer). It knows the form of a chat, answers briefly and stops.

**What it is not.** It knows nothing of the real world: places and facts in its corpus are
invented. It can't reason, follow long instructions, or write any language but simple English. Its
answers before tuning are often beside the point. Don't use it for anything but learning and tests.

**Data.** No text, weights or tokens from anyone else; `trainer/builtin/wording` holds all words
it was taught, `trainer/builtin/corpus.py` composes them.
More than half of the customers' messages are about banking. Digests of the messages and labels of
the public benchmark BANKING77 keep its rows out of the corpus, so it can be used to measure tuning;
but the corpus asks after many of the same matters in other words, which helps there.

| measured | |
|---|---|
| tokens seen | {tokens_seen:,} |
| minutes, all steps, {threads} threads | {minutes:.1f} |
| loss on held-out text, random weights | {random_loss:.3f} nats per token |
| loss on held-out text, pretrained | {eval_loss:.3f} nats per token |
| the same after saving in fp16 and reading back | {saved_loss:.3f} nats per token |

Held-out text comes from the same generator with another seed: the figure says how well the
generator's English was learned, not English at large.

**Form.** Vocabulary of 4,096 byte-level BPE tokens, 1,024 positions. A chat is
`<|start|>`, then for each turn `<|user|>`, newline, content, `<|end|>`, newline, with roles
system, user and assistant. `<|end|>` ends an answer, `<|pad|>` pads. Weights are stored in fp16;
the configuration asks for fp32, which is what to train in.

**Again.** `python -m trainer.builtin.pretrain` with these settings: {settings}.

Licence: Apache-2.0.
"""


@dataclass(frozen=True)
class Figures:
    """What a pretraining run measured: sizes, wall-clock minutes, losses in nats per token."""

    parameters: int
    megabytes: float
    tokens_seen: int
    minutes: float
    random_loss: float
    eval_loss: float
    saved_loss: float


def write(figures: Figures, settings: Mapping[str, object]) -> str:
    """The card's text for one run."""
    shown = ", ".join(f"{name} {value}" for name, value in settings.items())
    return _CARD.format(**vars(figures), threads=settings["threads"], settings=shown)
