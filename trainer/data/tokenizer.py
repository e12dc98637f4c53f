"""The base model's tokenizer and chat template, without torch or transformers.

The worker trains on exactly the tokens made here, so what the proof shows is what is trained.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.ext import Extension
from jinja2.nodes import CallBlock, Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Encoding, Tokenizer

from trainer.errors import UserFacingError
from trainer.paths import BUILTIN_MODEL, BUILTIN_MODEL_ID

_OPEN, _CLOSE = "\ue000", "\ue001"
NEUTRAL_TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ '### ' + m.role|capitalize + ':\n' + m.content + '\n### Assistant:\n' }}{% endif %}"
    "{% endfor %}"
)
"""Used for a model without a chat template when the data are questions and answers."""

Piece = tuple[str, bool]
"""Rendered text, and whether it is trained on."""


class _Generation(Extension):
    """`{% generation %}` marks what the assistant says."""

    tags = {"generation"}  # noqa: RUF012  (jinja2 reads it from the class)

    def parse(self, parser: Parser) -> Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_mark"), [], [], body).set_lineno(line)

    def _mark(self, caller: Any) -> str:
        return f"{_OPEN}{caller()}{_CLOSE}"


@cache
def _knows_tools(template: str) -> bool:
    turns = [("user", "a"), ("assistant", "b"), ("tool", "\ue002"), ("assistant", "d")]
    try:
        text = _compiled(template).render(
            messages=[{"role": r, "content": c} for r, c in turns], bos_token="", eos_token=""
        )
    except (TemplateError, TypeError):
        return False
    return "\ue002" in text


def _raise(message: str) -> None:
    raise TemplateError(message)


@cache
def _compiled(template: str) -> Template:
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    env.globals |= {"raise_exception": _raise, "strftime_now": lambda _: "1 January 2026"}
    return env.from_string(template)


@dataclass(frozen=True, eq=False)  # one object a folder: a key of caches by itself
class ChatTokenizer:
    """A tokenizer file with its special tokens and its template."""

    name: str
    backend: Tokenizer
    bos: str | None
    eos: str | None
    pad: str | None
    template: str | None

    @property
    def neutral(self) -> bool:
        """Whether the model has no template of its own."""
        return self.template is None

    @property
    def knows_tools(self) -> bool:
        """Whether the template has words for what a tool returned; else it is told as a user's turn."""
        return self.template is None or _knows_tools(self.template)

    def _told(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        if self.knows_tools:
            return messages
        return [m | {"role": "user"} if m["role"] == "tool" else m for m in messages]

    @property
    def special(self) -> tuple[str, ...]:
        """The control tokens: inside a text they would become real turns."""
        added = self.backend.get_added_tokens_decoder().values()
        return tuple(sorted(t.content for t in added if t.special))

    def with_tokens(self, words: tuple[str, ...]) -> ChatTokenizer:
        """This tokenizer with words that are tokens of their own. Words it knows already change nothing."""
        return _widened(self, words) if words else self

    def render(self, messages: list[dict[str, str]], ask: bool = False) -> str:
        """The conversation as text, marks included where the template has them."""
        try:
            return _compiled(self.template or NEUTRAL_TEMPLATE).render(
                messages=self._told(messages),
                add_generation_prompt=ask,
                bos_token=self.bos or "",
                eos_token=self.eos or "",
                pad_token=self.pad or "",
            )
        except TemplateError as error:
            raise UserFacingError(
                f"the chat template refuses this conversation ({error})",
                self.name,
                "Check the order of the turns.",
            ) from None

    def pieces(self, messages: list[dict[str, str]]) -> list[Piece]:
        """Rendered text cut into trained and untrained pieces."""
        marked = self.render(messages)
        if _OPEN in marked:
            return _split(marked)
        return self._by_prefix(messages, marked)

    def _by_prefix(self, messages: list[dict[str, str]], whole: str) -> list[Piece]:
        """Templates without marks: an answer begins where the prompt before it ends."""
        cuts = [0]
        for i, turn in enumerate(messages):
            if turn["role"] != "assistant":
                continue
            start = self.render(messages[:i], ask=True)
            end = self.render(messages[: i + 1])
            last = i == len(messages) - 1
            if not whole.startswith(start) or not (last or whole.startswith(end)):
                start, end = self.render(messages[:-1], ask=True), whole
                cuts = [0]
                last = True
            cuts += [len(start), len(whole) if last else len(end)]
        cuts.append(len(whole))
        return [(whole[a:b], k % 2 == 1) for k, (a, b) in enumerate(pairwise(cuts)) if b > a]

    def prompt_text(self, messages: list[dict[str, str]]) -> str:
        """What the model is given before it answers the last turn."""
        text = self.render(messages, ask=True).replace(_OPEN, "").replace(_CLOSE, "")
        # as in training: the neutral template does not write the token that begins a text
        return f"{self.bos}{text}" if self.neutral and self.bos and not text.startswith(self.bos) else text

    def encode(self, text: str) -> Encoding:
        """Tokens of text that already holds its special tokens."""
        return self.backend.encode(text, add_special_tokens=False)

    def id_of(self, token: str | None) -> int | None:
        """A special token's id."""
        return None if token is None else self.backend.token_to_id(token)


@cache
def _widened(known: ChatTokenizer, words: tuple[str, ...]) -> ChatTokenizer:
    backend = Tokenizer.from_str(known.backend.to_str())
    backend.add_tokens(list(words))
    return replace(known, backend=backend)


def _split(marked: str) -> list[Piece]:
    out: list[Piece] = []
    for k, part in enumerate(marked.split(_OPEN)):
        inside, close, outside = part.partition(_CLOSE)
        if k and close:
            out += [(inside, True), (outside, False)]
        else:
            out.append((part, False))
    return [piece for piece in out if piece[0]]


@cache
def load(folder: str) -> ChatTokenizer:
    """Read tokenizer.json, its special tokens and its template from a model folder."""
    path = Path(folder)
    file = path / "tokenizer.json"
    if not file.is_file():
        raise UserFacingError("has no tokenizer.json", folder, "Save it with save_pretrained() of a fast tokenizer.")
    backend = Tokenizer.from_file(str(file))
    backend.no_truncation()
    backend.no_padding()
    config = _json(path / "special_tokens_map.json") | _json(path / "tokenizer_config.json")
    return ChatTokenizer(
        name=BUILTIN_MODEL_ID if path.resolve() == BUILTIN_MODEL.resolve() else path.name,
        backend=backend,
        bos=_token(config, "bos_token"),
        eos=_token(config, "eos_token"),
        pad=_token(config, "pad_token"),
        template=_template(path, config),
    )


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _token(config: dict[str, Any], name: str) -> str | None:
    value = config.get(name)
    return value.get("content") if isinstance(value, dict) else value


def _template(path: Path, config: dict[str, Any]) -> str | None:
    own = path / "chat_template.jinja"
    if own.is_file():
        return own.read_text("utf-8")
    found = config.get("chat_template")
    if isinstance(found, list):
        found = next((t["template"] for t in found if t.get("name") == "default"), None)
    return found
