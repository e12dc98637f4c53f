"""Chat exports: lines told apart, threads grouped, times in any form, who answers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.chatlog import kind_of, log_rows
from trainer.data.chats import conversations, unread_times
from trainer.data.clock import day_first, seconds
from trainer.data.shape.columns import Row
from trainer.errors import UserFacingError

WHATSAPP = """12/03/24, 09:10 - Messages and calls are end-to-end encrypted. Nobody outside can read them.
12/03/24, 09:14 - Anna: Hi, where is my parcel?
It was due on Monday
12/03/24, 09:15 - Shop Support: Hello Anna!
12/03/24, 09:15 - Shop Support: Let me check.
12/03/24, 09:16 - Anna: <Media omitted>
13/03/24, 10:00 - Anna: any news?
13/03/24, 10:05 - Shop Support: It arrives today."""
LOGS = {
    "whatsapp": WHATSAPP,
    "dated brackets": "[2024-03-12 09:14] anna: ...\n[2024-03-12 09:15] support: hi",
    "dated lines": "2024-03-12T09:14:00Z anna: hm\n2024-03-12T09:15:00Z support: hi",
    "timed lines": "09:14 <anna> hello\n09:15 <ben> hi: you",
    "name and time above": "Anna Smith  9:14 AM\nhello\nBob Jones  9:16 AM\nhi",
    "named lines": "User: How?\nAgent: So.\nUser: thanks",
}
PLAIN = [
    "It was late.\nShe said: no.\nHe left at 9:14.\nNote: this is a book.\nChapter 2: The end",
    "Ingredients: flour, eggs\nMethod: mix\nTime: 20 minutes\nServes: four",
    "2024-03-12 was a Tuesday\n2024-03-13 a Wednesday",
]


def lines(text: str) -> list[tuple[int, Row]]:
    return [(n, {"text": line}) for n, line in enumerate(text.split("\n"), start=1)]


def grouped(rows: list[tuple[int, Row]], **how: object) -> list[tuple[list[int], Row]]:
    given_how = {"by": None, "order": None, "speaker": "speaker", "text": "text", "ours": None, "gap_minutes": None}
    return list(conversations(rows, **(given_how | how)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LOGS)
def test_kinds_of_logs(name: str) -> None:
    kind = kind_of([LOGS[name]])
    assert kind
    assert kind.name == name


@pytest.mark.parametrize("text", PLAIN, ids=["book", "recipe", "dates"])
def test_plain_text_is_no_log(text: str) -> None:
    assert kind_of([text]) is None


def test_a_whatsapp_export() -> None:
    rows = list(log_rows(lines(WHATSAPP)))
    assert [r["note"] for _, r in rows] == ["notice", "", "", "", "media", "", ""]
    assert rows[1][1]["text"] == "Hi, where is my parcel?\nIt was due on Monday"
    assert rows[1][1]["source_rows"] == [2, 3]
    made = grouped(rows, order="time", gap_minutes=60)
    assert [numbers for numbers, _ in made] == [[1, 2, 3, 4, 5, 6], [7, 8]]
    assert made[0][1]["messages"] == [
        {"role": "user", "content": "Hi, where is my parcel?\nIt was due on Monday"},
        {"role": "assistant", "content": "Hello Anna!\nLet me check."},
    ]


def test_a_conversation_in_each_cell() -> None:
    rows = list(log_rows([(n, {"text": f"User: q{n}\nAgent: a{n}\nmore"}) for n in (4, 5)]))
    made = grouped(rows, by="thread")
    assert [numbers for numbers, _ in made] == [[4], [5]]
    assert made[1][1]["messages"][1] == {"role": "assistant", "content": "a5\nmore"}


def tickets(seed: int = 0) -> list[tuple[int, Row]]:
    said = [
        ("t1", "end-user", "Where is it?", "2024-03-01 10:00"),
        ("t1", "agent", "Under way.", "2024-03-01 10:05"),
        ("t1", "agent", "It comes today.", "2024-03-01 10:06"),
        ("t1", "end-user", "Thanks", "2024-03-01 11:00"),
        ("t2", "end-user", "Refund?", "2024-03-02 09:00"),
        ("t2", "agent", "Done.", "2024-03-02 09:30"),
    ]
    rows = [dict(zip(("thread", "speaker", "text", "at"), turn, strict=True)) for turn in said]
    random.Random(seed).shuffle(rows)
    return list(enumerate(rows, start=1))


@pytest.mark.parametrize("seed", range(5))
def test_threads_scattered_over_a_file(seed: int) -> None:
    made = {m[0]["content"]: m for _, row in grouped(tickets(seed), by="thread", order="at") if (m := row["messages"])}
    assert made["Refund?"][1] == {"role": "assistant", "content": "Done."}
    assert [m["content"] for m in made["Where is it?"]] == ["Where is it?", "Under way.\nIt comes today.", "Thanks"]


def test_the_person_says_who_answers() -> None:
    rows: list[tuple[int, Row]] = [(1, {"speaker": "Ana", "text": "a"}), (2, {"speaker": "Bo", "text": "b"})]
    made = grouped(rows, ours={"ana "})
    assert [m["role"] for m in made[0][1]["messages"]] == ["assistant", "user"]


def test_who_answers_is_asked_when_nothing_tells() -> None:
    rows: list[tuple[int, Row]] = [(i, {"speaker": ("Ana", "Bo")[i % 2], "text": f"line {i}"}) for i in range(8)]
    with pytest.raises(UserFacingError, match=r"Who answers in these chats: Ana, Bo\?"):
        grouped(rows)


def test_who_answers_by_being_in_every_thread() -> None:
    rows: list[tuple[int, Row]] = []
    for t in range(6):
        for who, what in ((f"Customer {t} Smith"[9:], "x"), ("Tom Ray", "y")):
            rows.append((len(rows) + 1, {"speaker": who, "text": what, "thread": t}))
    assert [m["role"] for m in grouped(rows, by="thread")[0][1]["messages"]] == ["user", "assistant"]


def test_who_answers_by_words() -> None:
    asked = ["Where is my order?", "Can I pay later?", "My code doesn't work, please help"]
    told = [
        "Thank you for your message, your order left today.",
        "You can pay within 14 days.",
        "We are sorry, please try this one.",
    ]
    rows: list[tuple[int, Row]] = []
    for q, a in zip(asked, told, strict=True):
        rows += [(len(rows) + 1, {"speaker": "Mia", "text": q}), (len(rows) + 2, {"speaker": "Leo", "text": a})]
    assert [m["role"] for m in grouped(rows)[0][1]["messages"]][:2] == ["user", "assistant"]


def test_one_speaker_alone_teaches_nothing() -> None:
    with pytest.raises(UserFacingError, match="no answer to learn from"):
        grouped([(1, {"speaker": "Ana", "text": "a"})])


def test_a_column_called_note_hides_nothing() -> None:
    rows: list[tuple[int, Row]] = [
        (1, {"speaker": "user", "text": "a", "note": "urgent"}),
        (2, {"speaker": "bot", "text": "b", "note": "x"}),
    ]
    assert len(grouped(rows)[0][1]["messages"]) == 2


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["t1", "t2", "", None]),
            st.sampled_from(["user", "agent", "system", "", None]),
            st.text(max_size=5),
            st.sampled_from(["2024-01-01", "2024-01-02 10:00", "03.01.2024", None, ""]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([None, 5.0, 10_000.0]),
)
def test_every_row_is_in_exactly_one_conversation(turns: list[tuple[object, ...]], gap: float | None) -> None:
    rows = [(n, dict(zip(("thread", "speaker", "text", "at"), t, strict=True))) for n, t in enumerate(turns, start=1)]
    made = grouped(rows, by="thread", order="at", ours={"agent"}, gap_minutes=gap)
    assert sorted(n for numbers, _ in made for n in numbers) == [n for n, _ in rows]
    said = sorted(str(r["text"]) for _, r in rows if r["speaker"] and str(r["text"]).strip())
    told = "\n".join(m["content"] for _, row in made for m in row["messages"])
    assert sum(map(len, said)) <= len(told)


MARCH_12 = 1_710_234_840.0
"""2024-03-12 09:14 UTC."""


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-12 09:14",
        "2024-03-12T09:14:00Z",
        "2024-03-12T10:14:00+01:00",
        "12.03.2024 09:14",
        "12.03.24, 09:14:00",
        "12/03/24, 9:14 AM",
        "12 March 2024 9:14 am",
        "Tue, 12 Mar 2024 09:14:00 +0000",
        "1710234840",
        "1710234840000",
        1710234840,
        "[2024-03-12 09:14]",
    ],
)
def test_times_in_many_forms(text: object) -> None:
    assert seconds(text) == MARCH_12


@pytest.mark.parametrize("text", ["", None, "soon", "32.13.2024", True, "2024-13-45", "x" * 300])
def test_no_times(text: object) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize(
    ("times", "day"),
    [
        (["03/04/24", "13/04/24"], True),
        (["03/04/24", "03/14/24"], False),
        (["03/04/24, 9:14 AM", "03/05/24, 9:15 PM"], False),
        (["03.04.24 21:14"], True),
    ],
)
def test_day_or_month_first(times: list[str], day: bool) -> None:
    assert day_first(times) is day


def test_times_that_cannot_be_read_are_named() -> None:
    rows = [(n, {"speaker": "user", "text": "x", "at": t}) for n, t in enumerate(["2024-01-01", "soon", None], start=1)]
    assert unread_times(rows, "at") == [(2, "soon")]
    with pytest.raises(UserFacingError, match="row 2 holds 'soon'"):
        grouped(rows[1:], order="at", ours={"agent"})
