"""Rows by a language model: asked for until there are enough, a limit is reached or nothing new comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from trainer.data.doctor.watch import Reporter, Watch
from trainer.data.more.masks import Masks
from trainer.data.more.prompted import answered
from trainer.data.more.replies import objects
from trainer.data.more.request import Limits, Request
from trainer.data.more.shares import shares
from trainer.data.more.sieve import Made, Sieve
from trainer.data.more.spending import Budgeted, Cost, Price, Spending, Stopped, Writer, spending
from trainer.data.more.stock import Stock
from trainer.data.more.tasks import MOST_A_CALL, SHOTS, WAYS, Ask, diverse, hidden, line, per_call, shown_row, tasks
from trainer.errors import UserFacingError

FRUITLESS = 4
"""Calls one after another without a single new row after which asking ends."""
TOP_UP = 1.5
"""Times the calls that would do if every row were kept, at most."""
SPARE = 3
"""Calls on top, so that a small request survives a bad reply."""
GOOD = 4
"""Score of the judge (1 to 5) from which a row is held for review; others are set aside."""
PROMPT_WORDS = 1400
"""Characters of a prompt beside the rows in it."""
Render = Callable[..., str]
"""(name of a prompt, its variables) -> its text."""


@dataclass(frozen=True)
class Written:
    """What came of asking."""

    kept: tuple[Made, ...]
    set_aside: tuple[Made, ...]
    """Rows the judge scored below GOOD."""
    thrown: Counter[str]
    wanted: int
    cost: Cost
    stopped: str = ""
    """Why asking ended before there were enough rows."""

    @property
    def missing(self) -> int:
        """Rows asked for that were not written."""
        return max(0, self.wanted - len(self.kept) - len(self.set_aside))


def wanted_rows(stock: Stock, request: Request) -> int:
    """Rows that are asked for in all. Raises UserFacingError where there is nothing to ask for."""
    if request.how == "rare_classes":
        return sum(shares(stock.labels, request.rows, request.fill_to).values())
    if request.how == "answers":
        if "completion" not in stock.shape.roles or not stock.unanswered:
            raise UserFacingError("every question has its answer already", "", "Ask for paraphrases or for new rows.")
        return min(request.rows, len(stock.unanswered))
    return request.rows


def expected(stock: Stock, request: Request, price: Price) -> Spending:
    """The estimate for a request, before anything is sent."""
    pool = list(stock.rows)[:: max(1, len(stock.rows) // 50)]
    chars = round(sum(len(line(shown_row(stock.rows[n], stock))) for n in pool) / len(pool))
    rows = wanted_rows(stock, request)
    batch = per_call(stock, pool)
    shown = shown_a_call(request, batch)
    writing = -(-rows // batch) * (2 if request.how == "back_translation" else 1)
    judging = -(-rows // MOST_A_CALL) if request.judge else 0
    low, high = writing + judging, round(TOP_UP * (writing + judging)) + SPARE
    return spending((low, high), PROMPT_WORDS + chars * shown, chars * batch, price)


def shown_a_call(request: Request, batch: int) -> int:
    """Rows of the person's own in one prompt."""
    return {"paraphrase": batch, "back_translation": batch, "answers": SHOTS + batch}.get(request.how, SHOTS)


def sent_rows(stock: Stock, request: Request, calls: int) -> int:
    """Different rows of the person's own that the model may come to see."""
    pool = list(stock.rows)[:: max(1, len(stock.rows) // 50)]
    most = calls * shown_a_call(request, per_call(stock, pool))
    if request.how == "rare_classes" and not request.judge:
        labels = shares(stock.labels, request.rows, request.fill_to)
        return min(most, sum(len(stock.of(label)) for label in labels))
    return min(most, len(stock.rows) + (len(stock.unanswered) if request.how == "answers" else 0))


def sent_columns(stock: Stock, request: Request) -> tuple[str, ...]:
    """The columns of these rows that are in the prompts."""
    roles = stock.shape.roles
    asked_only = request.how in ("paraphrase", "back_translation") and not request.judge
    if asked_only:
        return (roles.get("prompt") or roles["messages"],)
    return tuple(dict.fromkeys(roles.values()))


def written(
    stock: Stock,
    request: Request,
    writer: Writer,
    render: Render,
    most: Limits,
    watch: Watch | None = None,
) -> Written:
    """Ask until there are enough rows. What was written before a stop is kept."""
    wanted, report = wanted_rows(stock, request), Reporter(watch)
    budget = Budgeted(writer, most)
    run = _Run(stock, request, lambda name, **values: budget.write(render(name, **values)), writer.model)
    stopped = ""
    try:
        run.until(wanted, lambda done: report("writing rows", done, wanted))
        if request.judge:
            run.judged(report)
    except Stopped as end:
        stopped = str(end)
    if not stopped and len(run.kept) < wanted:
        stopped = "the model wrote nothing new any more" if run.kept else "nothing the model wrote could be used"
    good = tuple(m for m in run.kept if m.judge is None or m.judge >= GOOD)
    aside = tuple(m for m in run.kept if m.judge is not None and m.judge < GOOD)
    return Written(good, aside, run.sieve.thrown + run.faults, wanted, writer.cost, stopped)


class _Run:
    """Rows on their way."""

    def __init__(self, stock: Stock, request: Request, ask: Ask, model: str) -> None:
        self.stock, self.request, self.ask = stock, request, ask
        self.tasks = tasks(stock, request, model)
        own = {n: answered(row, stock.shape) for n, row in stock.rows.items()}
        self.sieve = Sieve(own if request.how == "answers" else stock.asked)
        self.faults: Counter[str] = Counter()
        self.kept: list[Made] = []
        self.left = shares(stock.labels, request.rows, request.fill_to) if request.how == "rare_classes" else {}

    def until(self, wanted: int, report: Callable[[int], None]) -> None:
        """Task after task. Raises Stopped."""
        fruitless = 0
        for task in self.tasks:
            if len(self.kept) >= wanted or fruitless >= FRUITLESS:
                return
            if self.left and not self.left.get(task.label):
                continue
            room = self.left[task.label] if self.left else wanted - len(self.kept)
            new = self.sieve.sifted(WAYS[self.request.how](replace(task, wanted=min(task.wanted, room)), self.ask))
            self.faults += task.faults
            new = self.sieve_room(new, room, task.label)
            self.kept += new
            fruitless = 0 if new else fruitless + 1
            report(len(self.kept))

    def sieve_room(self, new: list[Made], room: int, label: str) -> list[Made]:
        """No more than are wanted."""
        if self.left:
            self.left[label] -= min(room, len(new))
        return new[:room]

    def judged(self, report: Reporter) -> None:
        """Every row scored by the model. A row it says nothing about stays without a score. Raises Stopped."""
        rng = Random(self.request.seed)
        for start in range(0, len(self.kept), MOST_A_CALL):
            part = self.kept[start : start + MOST_A_CALL]
            masks = Masks()
            examples = [self.stock.rows[n] for n in diverse(self.stock, list(self.stock.rows), 3, rng)]
            rows = [{"row": i, **shown_row(made.row, self.stock)} for i, made in enumerate(part, start=1)]
            reply = self.ask(
                "more_judge",
                examples="\n".join(line(hidden(shown_row(row, self.stock), masks)) for row in examples),
                rows="\n".join(line(hidden(row, masks)) for row in rows),
            )
            scores = {o.get("row"): s for o in objects(reply) if o and (s := _score(o)) is not None}
            self.kept[start : start + len(part)] = [
                replace(made, judge=scores.get(i)) for i, made in enumerate(part, start=1)
            ]
            report("judging rows", start + len(part), len(self.kept))


def _score(answer: dict[str, object]) -> int | None:
    score = answer.get("score")
    return score if isinstance(score, int) and not isinstance(score, bool) and 1 <= score <= 5 else None
