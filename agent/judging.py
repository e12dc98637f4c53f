"""A language model as judge of two runs' answers: offered with its cost, asked in both orders, told with its faults."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import binomtest

from agent.commands import store
from agent.model.door import BUILTIN, Door
from agent.model.judge import LONGEST, SIDE_BY_SIDE, ceilings
from agent.model.ledger import Ledger
from agent.model.paid import Paid
from agent.model.prices import price_of
from agent.model.troubles import DoorError
from agent.model.untrusted import marked, redacted, shortened
from prompts import render
from trainer.data.more.replies import objects
from trainer.data.more.spending import CHARACTERS_A_TOKEN
from trainer.errors import UserFacingError
from trainer.evaluation import blind as comparison
from trainer.evaluation.blind import Blind, Pair, Vote
from trainer.evaluation.preferences import preferences, words
from trainer.runs import Run

RUBRIC = "The better answer is right, answers what was asked, and sounds like the reference where there is one."
REPLY_TOKENS = 60
"""Tokens of a verdict with its reason."""
SURE = 0.05


class Judging(BaseModel):
    """What is laid before the person: a frozen document whose hash the yes is bound to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    other: str
    model: str
    rubric: str = Field(min_length=1, max_length=4000)
    pairs: int
    calls: int
    """Each pair twice, once in either order."""
    tokens: int
    usd: float | None
    """None where the price is not known; 0 for a model of the person's own."""

    @property
    def rater(self) -> str:
        """The name of its votes: another rubric is another rater."""
        mark = hashlib.sha256(self.rubric.encode()).hexdigest()[:6]
        return self.model if self.rubric == RUBRIC else f"{self.model} ({mark})"

    @property
    def hash(self) -> str:
        """SHA-256 of the document."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


class Judged(BaseModel):
    """How a judge did."""

    model_config = ConfigDict(frozen=True)

    asked: int
    failed: int
    consistent: float | None
    """Share of the pairs where both orders name the same answer."""
    first: float | None
    """Of the verdicts that name one, the share for the answer that stood first."""
    first_p: float | None
    text: str


def offered(run: str, other: str, model: str, rubric: str = RUBRIC) -> Judging:
    """What a judge would be asked and cost. Asks nobody. Raises UserFacingError."""
    if model == BUILTIN:
        raise UserFacingError("the built-in brain is no language model and can't judge", "--model", "Name one.")
    pairs = comparison.opened(store().get(run), other)
    prompts = [_prompt(rubric, pair, 0) for pair in pairs.pairs]
    sent = 2 * sum(len(text) for text in prompts) / CHARACTERS_A_TOKEN[0]
    usd = price_of(model, _door(model).api_base).usd(sent, 2 * len(prompts) * REPLY_TOKENS)
    return Judging(
        run=pairs.run,
        other=pairs.other,
        model=model,
        rubric=rubric,
        pairs=len(prompts),
        calls=2 * len(prompts),
        tokens=round(sent + 2 * len(prompts) * REPLY_TOKENS),
        usd=usd,
    )


def offer_words(one: Judging) -> str:
    """What would be done, in sentences."""
    cost = (
        "at a price I don't know"
        if one.usd is None
        else "at no cost"
        if not one.usd
        else f"for about {one.usd:.2f} USD"
    )
    other = comparison.against(store().get(one.run), one.other).words
    return (
        f"{one.model} would judge {one.pairs} pairs of answers of {one.run} and {other}, each in both orders: "
        f"{one.calls} questions, about {one.tokens:,} tokens, {cost}. Questions, references and answers of sealed rows "
        f"go to that model, with keys, addresses and phone numbers masked. It ends at {ceilings().usd:g} USD over all "
        f"judgings of {one.run} (TUNESMITH_LLM_MAX_USD).\nRubric: {one.rubric}"
    )


def carried_out(one: Judging, tell: Callable[[str], None] = lambda _: None) -> Judged:
    """Ask the judge and keep its votes in the run's record. The caller has the person's yes to exactly this."""
    run = store().get(one.run)
    pairs = comparison.opened(run, one.other)
    ledger = Ledger(run.folder / "blind" / "judge-model.jsonl", ceilings())
    paid = Paid(_door(one.model), ledger)
    jobs = [(pair, order) for pair in range(len(pairs.pairs)) for order in (0, 1)]
    said: dict[tuple[int, int], str] = {}
    faults: list[str] = []

    def ask(job: tuple[int, int]) -> None:
        pair, order = job
        try:
            said[job] = _read(paid.text(_prompt(one.rubric, pairs.pairs[pair], order)))
        except DoorError as error:
            faults.append(str(error))
        tell(f"{len(said) + len(faults)} of {len(jobs)} verdicts")

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(ask, jobs))
    if not said:
        raise UserFacingError(f"the judge gave no verdict: {faults[0]}", one.model, "Mend that and ask again.")
    _keep(run, one, said)
    return _told(pairs, one, run, said, len(faults))


def _door(model: str) -> Door:
    return Door(model, os.environ.get("TUNESMITH_JUDGE_API_BASE"))


def _prompt(rubric: str, pair: Pair, order: int) -> str:
    """Order 0: the run's answer first; 1: the other's."""
    parts = {
        "question": pair.question,
        "reference": pair.reference,
        "first": pair.answers[order],
        "second": pair.answers[1 - order],
    }
    blocks = {name: marked(redacted(shortened(text, LONGEST)), name) for name, text in parts.items()}
    return render("judge_pair", rubric=redacted(rubric), **blocks).text


def _read(text: str) -> str:
    """first, second or tie. Raises DoorError."""
    found = [str(o["better"]).strip().lower() for o in objects(text) if o and "better" in o]
    if not found or found[-1] not in ("first", "second", "tie"):
        raise DoorError("the judge named neither answer")
    return found[-1]


def _keep(run: Run, one: Judging, said: dict[tuple[int, int], str]) -> None:
    """One vote a pair: what both orders agree on; where they don't, its place decided, so it is a tie."""
    for pair in range(one.pairs):
        both = [_side(said[pair, order], order) for order in (0, 1) if (pair, order) in said]
        if len(both) < 2:
            continue  # half a verdict is none
        agreed = both[0] == both[1] and both[0] is not None
        choice = "tie" if not agreed else "left" if both[0] == 0 else "right"
        comparison.cast(
            run,
            one.other,
            Vote.model_validate({"rater": one.rater, "both_orders": True, "pair": pair, "left": 0, "choice": choice}),
        )


def _side(verdict: str, order: int) -> int | None:
    """Which answer a verdict is for: 0 the run's, 1 the other's; None for a tie."""
    return None if verdict == "tie" else order if verdict == "first" else 1 - order


def _told(pairs: Blind, one: Judging, run: Run, said: dict[tuple[int, int], str], failed: int) -> Judged:
    both = [p for p in range(one.pairs) if (p, 0) in said and (p, 1) in said]
    alike = [_side(said[p, 0], 0) == _side(said[p, 1], 1) for p in both]
    named = [verdict == "first" for verdict in said.values() if verdict != "tie"]
    consistent = float(np.mean(alike)) if alike else None
    first = float(np.mean(named)) if named else None
    first_p = float(binomtest(sum(named), len(named)).pvalue) if named else None
    votes = [v for v in comparison.votes(run, one.other) if v.rater == one.rater]
    lines = [words(pairs, preferences(pairs, votes))]
    if consistent is not None:
        lines.append(
            f"Asked in both orders, the judge agreed with itself on {100 * consistent:.0f} % of {len(both)} pairs; "
            "where it did not, the pair counts as a tie."
        )
    lines += _bias(first, first_p)
    lines += [f"{failed} of {one.calls} questions got no verdict."] if failed else []
    people = [v for v in comparison.votes(run, one.other) if v.rater != one.rater]
    if people:
        lines.append("With everyone's votes: " + words(pairs, preferences(pairs, [*people, *votes])))
    return Judged(
        asked=one.calls, failed=failed, consistent=consistent, first=first, first_p=first_p, text="\n".join(lines)
    )


def _bias(first: float | None, p: float | None) -> list[str]:
    if first is None or p is None or p >= SURE:
        return []
    place = "first" if first > 0.5 else "second"
    return [
        f"The judge favours the answer that stands {place}: it chose it in {100 * max(first, 1 - first):.0f} % of its "
        "verdicts, though each pair was shown in both orders. Trust it no further than the pairs where both agree."
    ]


def written_preferences(run: str, other: str, path: Path) -> dict[str, Any]:
    """Write decided pairs as preference rows, with where they come from beside them. Raises UserFacingError."""
    found = store().get(run)
    pairs = comparison.opened(found, other)
    rows = comparison.preferred(pairs, comparison.votes(found, other))
    if not rows:
        raise UserFacingError("no pair is decided yet", run, "Judge some first.")
    if path.exists():
        raise UserFacingError(f"{path} is there already", "--preferences", "Name a file that is not.")
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    origin = {"from": f"blind comparison of {run} with {other}", "sealed_rows_of": run, "rows": len(rows)}
    path.with_name(path.name + ".provenance.json").write_text(json.dumps(origin, indent=1), "utf-8")
    return origin
