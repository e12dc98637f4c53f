"""Single messages -> conversations: by thread, in order of time, cut at silences; each speaker's turns joined."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trainer.data.chatlog import SOURCE_ROWS
from trainer.data.clock import day_first, seconds
from trainer.data.dialogue import as_text
from trainer.data.shape.columns import Row, cell
from trainer.data.shape.names import words_in
from trainer.data.shape.signs import leaning
from trainer.data.shape.turns import aliases, ours_words, team_words
from trainer.errors import UserFacingError

SURE = 0.6
"""Below this confidence the person is asked who the assistant is."""
_UNREAD = 0.2
"""Over this share of times that can't be read, the column is not taken for one of times."""
_FEW_THREADS = 3
_NAMES_SHOWN = 4


@dataclass(frozen=True)
class Said:
    """One message: its rows in the source, who said it, what, when (seconds, None where unknown), and its thread."""

    rows: tuple[int, ...]
    who: str
    what: str
    when: float | None
    thread: str


@dataclass(frozen=True)
class Ours:
    """Who answers in a chat, how sure that is (0 to 1) and why; the question to ask where it is unclear."""

    names: frozenset[str]
    confidence: float
    why: str
    question: str | None = None


def conversations(
    rows: Iterable[tuple[int, Row]],
    by: str | None,
    order: str | None,
    speaker: str,
    text: str,
    ours: set[str] | None,
    gap_minutes: float | None,
) -> Iterator[tuple[list[int], Row]]:
    """Numbered rows -> (their numbers, {"messages": [...]}), one conversation at a time.

    `by` is the column of the thread, `order` that of the time, `ours` the speakers the model shall learn from
    (guessed where None). A silence of more than `gap_minutes` begins a new conversation. Every row is in exactly
    one conversation; a message whose time can't be read stays behind the one before it. Rows that nobody said
    (notices of a chat log) count but say nothing. Raises UserFacingError when it is unclear who answers or when
    the times can't be read. Holds all messages in memory: threads may be scattered over the file.
    """
    said = _said(rows, by, order, speaker, text)
    side = _sides(said, ours)
    for thread in _threads(said, order):
        for talk in _cut(thread, gap_minutes):
            yield list(dict.fromkeys(n for m in talk for n in m.rows)), {"messages": _turns(talk, side)}


def unread_times(rows: Iterable[tuple[int, Row]], order: str) -> list[tuple[int, str]]:
    """(row, value) of filled cells of `order` that are no time."""
    numbered = [(n, cell(row, order)) for n, row in rows]
    first = day_first(v for _, v in numbered)
    return [(n, as_text(v)) for n, v in numbered if v not in (None, "") and seconds(v, first) is None]


def _said(rows: Iterable[tuple[int, Row]], by: str | None, order: str | None, speaker: str, text: str) -> list[Said]:
    kept = list(rows)
    times = [cell(row, order) for _, row in kept] if order else [None] * len(kept)
    first = day_first(times)
    read = [seconds(t, first) for t in times]
    if order:
        _readable(kept, times, read, order)
    said = []
    for (number, row), when in zip(kept, read, strict=True):
        logged = row.get(SOURCE_ROWS)  # a line of a chat log, told by `log_rows`
        who = "" if logged and row["note"] else as_text(cell(row, speaker)).strip()
        said.append(
            Said(tuple(logged or (number,)), who, as_text(cell(row, text)), when, as_text(cell(row, by)) if by else "")
        )
    return said


def _readable(kept: list[tuple[int, Row]], times: list[object], read: list[float | None], order: str) -> None:
    bad = [(n, t) for (n, _), t, r in zip(kept, times, read, strict=True) if t not in (None, "") and r is None]
    if len(bad) > _UNREAD * len(kept):
        row, value = bad[0]
        raise UserFacingError(
            f"{len(bad)} of {len(kept)} times in {order} can't be read; row {row} holds {as_text(value)[:40]!r}",
            "group",
            "Name the column of the time, or leave `order` out to keep the order of the file.",
        )


def _threads(said: list[Said], order: str | None) -> Iterator[list[Said]]:
    """The messages of each thread in order, threads as they begin. A row without a thread stands for itself."""
    threads: dict[str, list[Said]] = defaultdict(list)
    several = len({m.thread for m in said}) > 1
    for message in said:
        threads[message.thread or (f"\0{message.rows[0]}" if several else "")].append(message)
    for thread in threads.values():
        yield _sorted(thread) if order else thread


def _sorted(thread: list[Said]) -> list[Said]:
    """By time; one without a time stays behind the one before it, clock times without a day as they stand."""
    if all(m.when is None or m.when < 86_400 for m in thread):
        return thread
    last, keyed = float("-inf"), []
    for position, message in enumerate(thread):
        last = message.when if message.when is not None else last
        keyed.append((last, position))
    return [thread[position] for _, position in sorted(keyed)]


def _cut(thread: list[Said], gap_minutes: float | None) -> Iterator[list[Said]]:
    talk: list[Said] = []
    last: float | None = None
    for message in thread:
        if gap_minutes is not None and talk and _silence(last, message.when) > 60 * gap_minutes:
            yield talk
            talk = []
        talk.append(message)
        last = message.when if message.when is not None else last
    if talk:
        yield talk


def _silence(last: float | None, now: float | None) -> float:
    """Seconds between two messages; a clock that goes back has passed midnight."""
    if last is None or now is None:
        return 0.0
    return now - last if now >= last or last >= 86_400 else now - last + 86_400


def _turns(talk: list[Said], side: dict[str, str]) -> list[dict[str, str]]:
    """Roles and contents; what one speaker (or our side) says in a row is one turn."""
    turns: list[dict[str, str]] = []
    before = ""
    for message in talk:
        if not message.who or not message.what.strip():
            continue
        role = side[message.who]
        same = turns and turns[-1]["role"] == role and (message.who == before or role == "assistant")
        if same:
            turns[-1]["content"] += f"\n{message.what}"
        else:
            turns.append({"role": role, "content": message.what})
        before = message.who
    return turns


def _sides(said: list[Said], ours: set[str] | None) -> dict[str, str]:
    """Speaker -> role."""
    if ours is None:
        guess = guessed_ours(said)
        if guess.question:
            raise UserFacingError(guess.question, "group", "Name them as `ours`.")
        ours = set(guess.names)
    wanted = {name.strip().casefold() for name in ours}
    known = aliases()
    role = {who: known.get(who.casefold(), "user") for who in {m.who for m in said}}
    return {
        who: "assistant" if who.casefold() in wanted else (r if r in ("system", "tool") else "user")
        for who, r in role.items()
    }


def guessed_ours(said: list[Said]) -> Ours:
    """Who answers: by name, by being in most threads, by answering second, by wording."""
    people = [w for w, _ in Counter(m.who for m in said if m.who).most_common() if not _program(w)]
    named = frozenset(w for w in people if _named_ours(w))
    if named and len(named) < len(people):
        return Ours(named, 0.95, f"named {', '.join(sorted(named)[:_NAMES_SHOWN])}")
    users = [w for w in people if aliases().get(w.casefold()) == "user"]
    others = [w for w in people if w not in users]
    if users and others:
        return Ours(frozenset(others), 0.9, f"the other side of {users[0]}")
    if len(people) < 2:
        raise UserFacingError(
            f"{people[0] if people else 'nobody'} alone speaks in these chats: there is no answer to learn from",
            "group",
            "Name the column of the speaker.",
        )
    return _by_place(said, people) or _by_words(said, people) or _asked(people)


def _program(who: str) -> bool:
    return aliases().get(who.casefold()) in ("system", "tool")


def _named_ours(who: str) -> bool:
    """'Agent', 'Acme Support', 'support@acme.com'."""
    words = words_in(who.split("@", maxsplit=1)[0])
    return who.casefold() in ours_words() or any(len(w) > 2 and w in team_words() for w in words)


def _by_place(said: list[Said], people: list[str]) -> Ours | None:
    """In most threads while nobody else is in half as many, and not the one who begins them."""
    where: dict[str, set[str]] = {who: set() for who in people}
    begins: Counter[str] = Counter()
    seen: set[str] = set()
    for m in said:
        if m.who in where:
            where[m.who].add(m.thread)
            begins[m.who] += m.thread not in seen
            seen.add(m.thread)
    ranked = sorted(people, key=lambda w: -len(where[w]))
    if len(seen) < _FEW_THREADS or len(ranked) < 2:
        return None
    first, second = ranked[0], ranked[1]
    much = len(where[first]) >= 0.6 * len(seen) and len(where[second]) <= 0.5 * len(where[first])
    second_to_speak = begins[first] <= 0.5 * len(seen)
    if not much:
        return _never_first(ranked, where, begins, len(seen))
    sure = 0.9 if second_to_speak else 0.65
    return Ours(frozenset({first}), sure, f"in {len(where[first])} of {len(seen)} threads")


def _never_first(ranked: list[str], where: dict[str, set[str]], begins: Counter[str], threads: int) -> Ours | None:
    """Two sides in every thread: the one that (nearly) never begins answers."""
    if len(ranked) != 2 or any(len(where[w]) < 0.6 * threads for w in ranked):
        return None
    answers, asks = sorted(ranked, key=lambda w: begins[w])
    if begins[answers] > 0.2 * threads:
        return None
    return Ours(frozenset({answers}), 0.75, f"answers second in {begins[asks]} of {threads} threads")


def _by_words(said: list[Said], people: list[str]) -> Ours | None:
    """Of two, the one whose words answer while the other's ask."""
    if len(people) != 2:
        return None
    lean = {w: [leaning(m.what) for m in said[:2000] if m.who == w] for w in people}
    mean = {w: sum(values) / max(len(values), 1) for w, values in lean.items()}
    answers, asks = sorted(people, key=lambda w: mean[w])
    if min(map(len, lean.values())) < _FEW_THREADS or mean[asks] - mean[answers] < 1.0 or mean[asks] <= 0:
        return None
    return Ours(frozenset({answers}), 0.7, f"worded as answers, while {asks} asks")


def _asked(people: list[str]) -> Ours:
    shown = ", ".join(people[:_NAMES_SHOWN]) + (", ..." if len(people) > _NAMES_SHOWN else "")
    return Ours(frozenset(), 0.3, "no name or place says it", f"Who answers in these chats: {shown}?")
