"""Did it work? The run's own result, and the honest table beside it: prompting, and what needs no language model."""

from __future__ import annotations

from typing import Any

from tools.arguments import Evaluate
from tools.desk import Desk, ToolResult
from tools.words import result_words, sample_words
from trainer.errors import UserFacingError
from trainer.evaluation import examination
from trainer.evaluation.micro import TOPICS
from trainer.evaluation.paired import Paired
from trainer.evaluation.scores import NAMES
from trainer.evaluation.table import PROMPTED, Line, Table
from trainer.evaluation.verdicts import WAYS, in_unit, told
from trainer.runs import Run

WEAK_SHOWN = 3
SURELY = 0.1
"""Distance between how sure it is and how often right, from which on that is told."""


def evaluate_run(args: Evaluate, desk: Desk) -> ToolResult:
    """The result on the sealed hold-out. compare_to_base: also against prompting and simple baselines."""
    run = desk.run(args.run_id)
    found = examination.read(run)
    wanted = args.compare_to_base or args.eval_suite is not None
    event = {"type": "result", "run_id": run.id}
    data = {"run_id": run.id, **run.result()}
    if found.get("status") == "finished":
        quotes = "\n".join([*weak_words(found), *sample_words(run.result())])
        events = [event, {"type": "compared", "run_id": run.id}]
        return ToolResult(examination_words(found), data | {"examination": found}, events, quotes=quotes)
    said = [result_words(run)]
    if wanted and run.result():
        said.append(_begun(run))
    return ToolResult("\n".join(said), data, [event], quotes="\n".join(sample_words(run.result())))


def _begun(run: Run) -> str:
    """Start the examination; why there is none where it can't be made: the result itself stays."""
    try:
        examination.start(run)
    except UserFacingError as error:
        return f"It can't be set beside prompting now: {error.sentence()}"
    return begun_words(run)


def begun_words(run: Run) -> str:
    """That the table is being made, and how long it takes."""
    seconds = examination.seconds(run)
    how_long = "" if seconds is None else f" It takes about {max(1, round(seconds / 60))} minutes."
    return (
        f"I am letting the untrained model answer the same sealed rows in three ways (as it stands, shown examples of "
        f"yours, told what is wanted), and set what needs no language model beside them.{how_long} "
        "The table comes under Results."
    )


def examination_words(found: dict[str, Any]) -> str:
    """The table in words: verdict, contestants, and what else there is to know."""
    table = Table.model_validate(found["table"])
    lines = [found["verdict"]["sentence"]]
    lines.append(f"On the same {table.rows:,} sealed rows, {NAMES[table.kind.metric]} (95 % interval):")
    for line in ranked(table):
        name, figure, ahead = line_words(table, line)
        lines.append(f"- {name}: {figure}{f'; the tuned model is {ahead}' if ahead else ''}")
    return "\n".join([*lines, *notes_of(found)])


def ranked(table: Table) -> list[Line]:
    """All contestants, the best first."""
    return sorted(table.lines, key=lambda line: -line.figure.value)


def line_words(table: Table, line: Line) -> tuple[str, str, str]:
    """('The untrained model, shown like examples', '34.0 % (25.1 to 44.2)', '12 to 19 points ahead')."""
    name = WAYS[line.name][0].upper() + WAYS[line.name][1:]
    ends = [told(table, end).removesuffix(" %") for end in (line.figure.low, line.figure.high)]
    figure = f"{told(table, line.figure.value)} ({' to '.join(ends)})"
    if line.against is None:
        return name, figure, ""
    return name, figure, gap_words(table, line.against)


def gap_words(table: Table, against: Paired) -> str:
    """How far the tuned model is ahead or behind, as an interval."""
    low, high = (told(table, abs(end)).removesuffix(" %") for end in (against.gap.low, against.gap.high))
    if against.sure is None:
        return f"between {low} points behind and {high} ahead" if against.gap.low < against.gap.high else "just as good"
    return f"{low} to {high} points ahead" if against.sure else f"{high} to {low} points behind"


def notes_of(found: dict[str, Any]) -> list[str]:
    """Leaks, simple methods, what got worse, what was learned by heart, what the metric can't see."""
    lines = found["verdict"]["lines"]
    return [*lines[:-1], *further_words(Table.model_validate(found["table"])), *worse_words(found), lines[-1]]


def further_words(table: Table) -> list[str]:
    """The figures beside the one that decides: of the tuned model, and of the best way of asking the untrained one."""
    tuned, asked = table.line("tuned"), [line for line in table.lines if line.name in PROMPTED]
    if not tuned or not asked or not tuned.also:
        return []
    best = max(asked, key=lambda line: line.figure.value)
    parts = [
        f"{NAMES[name]}{f' (by {table.embedder})' if name == 'similarity' else ''} "
        f"{in_unit(name, one.value)} and {in_unit(name, best.also[name].value)}"
        for name, one in tuned.also.items()
    ]
    return [f"By other figures, the tuned model and {WAYS[best.name]}: {'; '.join(parts)}."]


def worse_words(found: dict[str, Any]) -> list[str]:
    """What training cost: general abilities, personal data learned by heart, answers that don't end."""
    general, known, out = found["general"], found["memorised"], []
    b, t = (f"{100 * general[side]['value']:.0f} %" for side in ("base", "tuned"))
    if general["gap"]["high"] < 0:
        out.append(f"Worse than before on a small test of {general['items']} general questions: {b} before, {t} after.")
    elif general["worse"]:
        lost = ", ".join(TOPICS[name] for name in general["worse"])
        out.append(f"Worse than before at {lost} (a small test of {general['items']} general questions).")
    elif not general["knew"]:
        out.append("The untrained model answers a small general test no better than chance: nothing could be lost.")
    else:
        out.append(f"General questions ({general['items']} of our own): {b} before, {t} after; no loss shown.")
    if known["found"]:
        rows = ", ".join(map(str, known["rows"][:5]))
        out.append(
            f"Learned by heart: given what stood before, it writes {known['found']} of {known['tried']} pieces of "
            f"personal data from training answers word for word (rows {rows}). Replace them by placeholders and train "
            "again before anybody else uses it."
        )
    elif known["tried"]:
        out.append(f"None of {known['tried']} pieces of personal data in the training answers came out word for word.")
    return out


def harness_words(tasks: dict[str, Any]) -> str:
    """Each task's figure before and after, and whether that is more than chance."""
    lines = []
    for name, found in tasks.items():
        gap = Paired.model_validate(found["paired"])
        sure = {True: "better", False: "worse", None: "no difference that so many could show"}[gap.sure]
        lines.append(
            f"{name} ({found['metric']}, {found['items']:,} items): {found['base']:.3f} before, "
            f"{found['tuned']:.3f} after; {sure} ({gap.gap.low:+.3f} to {gap.gap.high:+.3f})."
        )
    return "\n".join(lines)


def weak_words(found: dict[str, Any]) -> list[str]:
    """Parts of the rows where it is weaker than elsewhere, and labels it takes for one another: they quote labels."""
    table = Table.model_validate(found["table"])
    weak = [part for part in found["slices"] if part["weak"]][:WEAK_SHOWN]
    parts = [f"{p['by']} {p['part']}: {told(table, p['tuned']['value'])} on {p['rows']} rows" for p in weak]
    out = [f"Weaker than elsewhere at {'; '.join(parts)}."] if parts else []
    if found["confused"]:
        worst = found["confused"][0]
        out.append(f"Taken for one another most often: {worst['right']} for {worst['said']}, {worst['times']} times.")
    sure = found.get("calibration")
    if sure and abs(sure["sure"] - sure["right"]) > SURELY:
        more = "more" if sure["sure"] > sure["right"] else "less"
        out.append(
            f"It is {more} sure than right: {100 * sure['sure']:.0f} % sure of its labels on average, "
            f"{100 * sure['right']:.0f} % of them right."
        )
    return out
