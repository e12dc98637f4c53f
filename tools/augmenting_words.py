"""New rows in words: what would be made, what leaves the machine, what it may cost, what came of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from trainer.data.more.augmentation import Augmentation, NewRows, Sample
from trainer.data.more.request import PURPOSES, Request
from trainer.data.more.sieve import said
from trainer.data.more.variants import MOST_A_ROW
from trainer.estimates import Range

NEEDS_MODEL = (
    "To have new rows written I need a language model: choose one with TUNESMITH_LLM or in the page. Then I can "
    "paraphrase, write new rows of the same kind, translate there and back, and answer open questions."
)


def offer_words(request: Request, wish: str, fell_back: bool, hosted: bool) -> list[str]:
    """What else could be done, and what is not done as it was asked for."""
    if fell_back:
        rest = "" if wish == "answers" else " What needs no model is on the table instead: rows varied by rules."
        return [NEEDS_MODEL + rest]
    if not hosted and not wish:
        return [NEEDS_MODEL]
    if hosted and not request.by_model:
        other = "rare classes written by the model" if request.how == "rare_classes" else "paraphrase my data"
        return [f"This needs no language model. To have rows written by yours, say: {other}."]
    if hosted and request.how not in ("answers",):
        return ["Without a model I can vary your rows by rules; say: typing noise instead."]
    return []


def augmentation_words(new: Augmentation, samples: bool = True) -> list[str]:
    """The order as it is shown before anything is made or sent; without samples nothing of it quotes rows."""
    lines = _sent_words(new) if new.model else _ruled_words(new, new.samples[:2] if samples else ())
    name = Path(new.output).name
    return [
        *lines,
        f"They go to {name}, marked as synthetic and held for your review: none is trained on before you accept it. "
        f"{Path(new.dataset_path).name} itself is not touched.",
        f"Approve (new rows {new.hash[:8]}), change it ('only 50 rows'), or decline.",
    ]


def _ruled_words(new: Augmentation, samples: tuple[Sample, ...]) -> list[str]:
    ways = ", ".join(f"{n:,} {way}" for way, n in list(new.ways.items())[:6])
    lines = [
        f"I would make {new.made:,} new rows from {new.source_rows:,} in {Path(new.dataset_path).name}, "
        f"{PURPOSES[new.request.how]}, on this machine: {ways}.",
        "Only what is asked is varied; answers, labels, numbers, names, links and code stay as they are.",
    ]
    lines += [f"Row {s.row:,}, {s.by}: “{s.before}” → “{s.after}”" for s in samples]
    if thrown := said(Counter(new.thrown)):
        lines.append(f"Thrown away: {thrown}.")
    if new.made is not None and new.made < new.wanted:
        lines.append(
            f"{new.wanted - new.made:,} of the {new.wanted:,} wanted can't be made: at most {MOST_A_ROW} of one row, "
            "more would only teach it by heart."
        )
    return lines


def _sent_words(new: Augmentation) -> list[str]:
    spend, most = new.spending, new.limits
    if spend is None or most is None:
        return []
    where = "which runs on your own machine, so nothing leaves it" if new.local else "so they leave this machine"
    purpose = PURPOSES[new.request.how]
    judged = " Each new row is scored by the model; below 4 of 5 it is set aside." if new.request.judge else ""
    dollars = "" if most.usd is None or new.local else f" or ${most.usd:,.4g}"
    return [
        f"I would ask {new.model} for {new.wanted:,} new rows ({purpose}).{judged}",
        f"For that, up to {new.sent_rows:,} of your {new.source_rows:,} rows are sent to {new.model}, {where}: "
        f"the columns {', '.join(new.sent_columns)}, with e-mail addresses, phone numbers, names and keys replaced "
        "as far as I find them.",
        f"Estimate: {amount(spend.calls)}, {amount(spend.tokens_in)} sent, {amount(spend.tokens_out)} written. "
        f"Cost: {amount(spend.cost)} ({spend.cost.why}).",
        f"Asking stops before {most.calls:,} calls, {most.tokens:,} tokens{dollars} are passed.",
    ]


def amount(estimate: Range) -> str:
    """'10 to 16 calls', '$0.01 to $0.04', or 'unknown'."""
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        return "unknown"
    if estimate.unit == "USD":
        return f"${low:,.4g}" if low == high else f"${low:,.4g} to ${high:,.4g}"
    return f"{low:,.0f} {estimate.unit}" if low == high else f"{low:,.0f} to {high:,.0f} {estimate.unit}"


def done_words(made: NewRows) -> list[str]:
    """What was written, thrown away and spent."""
    record = made.record
    pending = record["output"]["rows"] - record["set_aside"]
    lines = [f"Written: {made.path} ({pending:,} new rows, all waiting for your review)."]
    if record["set_aside"]:
        lines.append(f"{record['set_aside']:,} more were scored below 4 of 5 and are set aside in the same file.")
    if thrown := said(Counter(record["thrown_away"])):
        lines.append(f"Thrown away: {thrown}.")
    if record.get("stopped"):
        lines.append(f"{record['missing']:,} are missing: {record['stopped']}.")
    if cost := record.get("cost"):
        dollars = "an unknown sum" if cost["usd"] is None else f"${cost['usd']:,.4g}"
        lines.append(f"Used: {cost['calls']:,} calls, {cost['tokens']:,} tokens, {dollars}.")
    lines.append(f"Look at them, then: tunesmith accept {made.path} --rows 1,2,5-9 (or all).")
    return lines
