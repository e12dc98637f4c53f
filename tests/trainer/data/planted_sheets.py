"""The sheets: clean ones, and ones with every finding planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.trainer.data.clean import Ticket, message, reply, tickets
from tests.trainer.data.planted import Bed, Item, Row, Sheet, write, written
from tests.trainer.data.planted_fresh import FRESH
from tests.trainer.data.planted_languages import DECOYS, LANGUAGES
from tests.trainer.data.planted_texts import TEXTS, Planting, made

CARRIERS = {
    "gsm8k": ("data/gsm8k/gsm8k_train.jsonl", "question", "answer"),
    "gpteacher": ("data/gpteacher_roleplay/roleplay-instruct.json", "instruction", "response"),
    "banking77": ("data/banking77/banking77_train.csv", "text", "category"),
}
"""Real files whose rows carry plants too: path under the shared folder, column asked, column answered."""


def asked(t: Ticket) -> Row:
    """A row with question and answer."""
    return {"question": t.message, "answer": t.reply}


def labelled(t: Ticket) -> Row:
    """A row with a text and its label."""
    return {"text": t.message, "label": t.topic}


def talk(rng: Random, turns: int) -> list[dict[str, str]]:
    """A clean conversation."""
    pieces = tickets(turns, rng.randrange(10**9))
    return [
        turn
        for t in pieces
        for turn in ({"role": "user", "content": t.message}, {"role": "assistant", "content": t.reply})
    ]


def bed(count: int, seed: int, row: Callable[[Ticket], Row] = asked) -> Bed:
    """Clean rows to plant in."""
    return Bed(Random(seed), [Item(row(t)) for t in tickets(count, seed)])


def inserted(text: str, piece: str, rng: Random) -> str:
    """A piece before, after or between the sentences of a text."""
    sentences = text.split(". ")
    at = rng.randrange(len(sentences) + 1)
    if at == len(sentences):
        return f"{text} {piece}"
    return ". ".join(sentences[:at]) + (". " if at else "") + piece + " " + ". ".join(sentences[at:])


def plant_texts(ground: Bed, each: int, decoys: int, kinds: dict[str, Planting]) -> None:
    """Every text finding `each` times, its forms in turn, and decoys."""
    columns = ("question", "answer")
    for rule, planting in kinds.items():
        for n in range(each):
            item, piece = ground.take(), made(planting.forms[n % len(planting.forms)], ground.rng)
            _put(item, piece, ground.rng, columns, planting.answer)
            ground.plant(rule, item)
        for n in range(min(decoys, 3 * len(planting.decoys))):
            item, piece = ground.take(), made(planting.decoys[n % len(planting.decoys)], ground.rng)
            _put(item, piece, ground.rng, columns, planting.answer)
            ground.decoy(rule, item, piece)


def _put(item: Item, piece: str, rng: Random, columns: tuple[str, str], answer: bool) -> None:
    column = columns[1] if answer or rng.random() < 0.4 else columns[0]
    if answer:
        item.row[column] = piece
    else:
        item.row[column] = inserted(str(item.row[column]), piece, rng)


# --- near-duplicates: what happens to a text that is sent or copied twice


def typo(text: str, rng: Random) -> str:
    """Two letters swapped or lost, in two places."""
    letters = list(text)
    for _ in range(2):
        at = rng.randrange(1, len(letters) - 2)
        if rng.random() < 0.5:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            del letters[at]
    return "".join(letters)


def changed_word(text: str, rng: Random) -> str:
    """One word is another."""
    words = text.split(" ")
    words[rng.randrange(len(words))] = rng.choice(("otherwise", "yesterday", "machine", "purple", "seldom"))
    return " ".join(words)


def added_number(text: str, rng: Random) -> str:
    """The circular with another date and number."""
    return f"{text} Case {rng.randrange(1000, 9999)} of {rng.randrange(1, 29)} {rng.choice(('May', 'June', 'July'))}."


def added_sentence(text: str, rng: Random) -> str:
    """A short sentence more."""
    return text + rng.choice((" Thank you in advance.", " Please hurry.", " Any help is welcome.", " It is urgent."))


def other_case(text: str, rng: Random) -> str:
    """Other case and punctuation, the words being the same."""
    return rng.choice((text.lower(), text.upper(), text.replace(".", "!").replace(",", " ,"), text.replace(".", "...")))


def spaced(text: str, rng: Random) -> str:
    """Other white space."""
    return rng.choice((text.replace(" ", "  "), f"\n  {text}\n", text.replace(". ", ".\n")))


def reordered(text: str, rng: Random) -> str:
    """The last sentence first."""
    sentences = text.rstrip(".").split(". ")
    return ". ".join([sentences[-1], *sentences[:-1]]) + "."


EDITS = (typo, changed_word, added_number, added_sentence, other_case, spaced, reordered)


def edited_twin(ground: Bed, edit: Callable[[str, Random], str], column: str) -> tuple[Item, Item]:
    """A row and its nearly equal copy."""
    first = ground.take()
    return first, ground.add(first.row | {column: edit(str(first.row[column]), ground.rng)})


# --- sheets


def texts_sheet(folder: Path, rows: int, each: int, decoys: int) -> Sheet:
    """Question and answer with all that can stand in a text."""
    ground = bed(rows, 21)
    plant_texts(ground, each, decoys, TEXTS)
    return written(ground, folder / "texts.jsonl")


def fresh_sheet(folder: Path, rows: int, each: int, decoys: int) -> Sheet:
    """The same findings in forms that were written after the detectors."""
    ground = bed(max(rows, len(FRESH) * (each + decoys)), 20)
    plant_texts(ground, each, decoys, FRESH)
    return written(ground, folder / "fresh.jsonl")


def languages_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """English with sentences of fourteen languages; decoys are English with foreign words."""
    ground = bed(rows, 22)
    for short, long, answer in LANGUAGES.values():
        for n in range(each):
            item = ground.take()
            item.row = {
                "question": (short, long, f"{long} {short}")[n % 3],
                "answer": answer if n % 4 else item.row["answer"],
            }
            if n % 4 == 0:
                item.row["question"] = long
            ground.plant("mixed_languages", item)
    for n in range(3 * len(DECOYS)):
        item = ground.take()
        item.row["question"] = DECOYS[n % len(DECOYS)]
        ground.decoy("mixed_languages", item, DECOYS[n % len(DECOYS)])
    return written(ground, folder / "languages.jsonl")


def repeats_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Exact and near copies of questions with answers, and one question answered twice."""
    ground = bed(rows, 23)
    for _ in range(2 * each):
        first = ground.take()
        ground.plant("exact_duplicates", first, ground.add(dict(first.row)))
        asked_once = ground.take()
        twice = ground.add({"question": asked_once.row["question"], "answer": reply(ground.rng, 3)})
        ground.plant("contradictory_answers", asked_once, twice)
    for edit in EDITS:
        for n in range(each):
            ground.plant("near_duplicates", *edited_twin(ground, edit, ("question", "answer")[n % 3 == 2]))
    return written(ground, folder / "repeats.jsonl")


def near_texts_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Near copies of longer texts without an answer."""
    ground = bed(rows, 24, lambda t: {"text": f"{t.message} {t.reply}"})
    for edit in EDITS:
        for _ in range(each):
            ground.plant("near_duplicates", *edited_twin(ground, edit, "text"))
    return written(ground, folder / "near_texts.jsonl")


def flood_sheet(folder: Path, rows: int) -> Sheet:
    """Hundreds of one circular that differ in date and name."""
    ground = bed(rows, 25)
    shape = (
        "We are closed on {day} {month} for stocktaking, branch {n}. From the next working day on we are here again "
        "as usual."
    )
    for n in range(rows // 8):
        words = shape.format(day=n % 28 + 1, month=("May", "June", "July", "August")[n % 4], n=n)
        ground.plant("near_duplicates", ground.add({"question": words, "answer": "Noted, thank you."}))
    return written(ground, folder / "flood.jsonl")


def labels_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Labels: contradictions, spelling variants, rare ones."""
    ground = bed(rows, 26, labelled)
    for n in range(2 * each):
        item = ground.take()
        topic = item.row["label"]
        text = item.row["text"]
        other = "praise" if topic != "praise" else "stock"
        twin = ground.add({"text": (text, text.upper(), f" {text} ")[n % 3], "label": other})
        ground.plant("contradictory_labels", item, twin)
    variants = {
        "delivery": ("Delivery", "delivery ", "DELIVERY", "delivrey", "deliverys", "de-livery"),
        "refund": ("Refund", "refunds", "REFUND", "refund.", "refund "),
        "account": ("Account", "acount", "account_", "ACCOUNT"),
    }
    for topic, spellings in variants.items():
        for spelling in spellings:
            item = ground.add(labelled(Ticket(message(ground.rng, topic, 3), "", spelling)))
            ground.plant("label_variants", item)
    for label in ("complaint", "newsletter", "press"):
        rare = [ground.add({"text": message(ground.rng, "praise", 3), "label": label}) for _ in range(4)]
        for item in rare:
            ground.plant("rare_labels", item)
    return written(ground, folder / "labels.csv", whole=("rare_labels",))


MENU = ("Open", "Save as", "Close all", "Print", "Undo", "Find next", "Options", "About", "Zoom in", "Paste", "Export")


def menus_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Entries of a program's menus to be translated; some have their hot key marked, some an innocent underscore."""
    ground = Bed(Random(36), [Item({"source": f"{MENU[n % 11]} {n}", "target": f"Eintrag {n}"}) for n in range(rows)])
    for n in range(each):
        item = ground.take()
        word = item.row["source"]
        at = (0, 1, 2)[n % 3]
        item.row["source"] = f"{word[:at]}_{word[at:]}"
        ground.plant("hotkey_marks", item)
        item = ground.take()
        innocent = (
            "the file_name is wrong",
            "run my_tool_kit",
            "__init__ fails",
            "a _really_ odd one",
            "a_b_c",
            "x_1",
        )[n % 6]
        item.row["source"] = f"{innocent} {n}"
        ground.decoy("hotkey_marks", item, innocent)
    return written(ground, folder / "menus.jsonl")


def one_label_sheet(folder: Path, rows: int) -> Sheet:
    """Every row has the same label."""
    ground = bed(rows, 27, lambda t: {"text": t.message, "label": "ticket"})
    ground.plant("one_label", ground.items[0])
    return written(ground, folder / "one_label.csv", whole=("one_label",))


def imbalance_sheet(folder: Path, rows: int) -> Sheet:
    """One label has forty times the rows of the others."""
    ground = bed(rows, 28, lambda t: {"text": t.message, "label": "refund" if len(t.message) % 40 else t.topic})
    ground.plant("label_imbalance", ground.items[0])
    return written(ground, folder / "imbalance.csv", whole=("label_imbalance",))


def split_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """A file with a split of its own; copies of training rows, and customers, on both sides."""
    rng = Random(29)
    ground = Bed(rng, [])
    for n, t in enumerate(tickets(rows, 29)):
        part = "train" if n % 5 else ("test", "validation")[n // 5 % 2]
        ground.items.append(
            Item(
                {
                    "question": t.message,
                    "answer": t.reply,
                    "customer_id": f"C{n // 5 * 2 + (n % 5 == 0):05d}",
                    "split": part,
                }
            )
        )
    train = [i for i in ground.items if i.row["split"] == "train"]
    rng.shuffle(train)
    for n in range(4 * each):
        first, edit = train.pop(), (lambda text, _: text, *EDITS)[n % (1 + len(EDITS))]
        copy = first.row | {"question": edit(first.row["question"], rng), "split": ("test", "validation")[n % 2]}
        ground.plant("split_leak", first, ground.add(copy | {"customer_id": f"L{n:05d}"}))
    for n in range(2 * each):
        first, t = train.pop(), tickets(1, 1000 + n)[0]
        other = ground.add(asked(t) | {"customer_id": first.row["customer_id"], "split": "test"})
        same = [i for i in ground.items if i.row["customer_id"] == first.row["customer_id"] and i is not other]
        ground.plant("group_leak", other, *same)
    return written(ground, folder / "split.csv")


def shapes_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Empty cells, holes, over-long rows, other types, half characters: a JSONL of questions and answers."""
    ground = bed(rows, 30)
    blanks: tuple[Any, ...] = ("", "   ", None, "\n\t", "\u00a0")
    for n in range(each):
        item = ground.take()
        item.row[("question", "answer")[n % 2]] = blanks[n % len(blanks)]
        ground.plant("rows_empty", item)
        item = ground.take()
        item.row["question"] += " \ud83d half" if n % 2 else "\udc00"
        ground.plant("rows_broken_text", item)
        item = ground.take()
        item.row["answer"] = ({"a": 1}, 7, True, ["x", "y"], 1.5)[n % 5]
        ground.plant("mixed_types", item)
        item = ground.take()
        item.row["question"] = " ".join(t.message for t in tickets(150, 5000 + n))
        ground.plant("over_long", item)
    return written(ground, folder / "shapes.jsonl")


def cells_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """A CSV with holes in a column, an empty column, formulas, and line breaks in cells."""
    ground = bed(rows, 31, lambda t: {"question": t.message, "answer": t.reply, "channel": t.topic, "notes": ""})
    formulas = (
        "=1+1",
        '=HYPERLINK("http://evil.example","x")',
        "=cmd|'/C calc'!A0",
        "@SUM(A1:A9)",
        "+cmd|' /C calc'!A0",
    )
    decoys = (
        "-5 degrees outside",
        "@anna said hello",
        "+49 is Germany's prefix",
        "= is the sign I mean",
        "- first point",
    )
    for n in range(each):
        item = ground.take()
        item.row["channel"] = ""
        ground.plant("missing_values", item)
        item = ground.take()
        item.row[("question", "answer")[n % 2]] = formulas[n % len(formulas)]
        ground.plant("formula_cells", item)
        item = ground.take()
        item.row["question"] = decoys[n % len(decoys)]
        ground.decoy("formula_cells", item, decoys[n % len(decoys)])
        item = ground.take()
        item.row["question"] = item.row["question"].replace(". ", ".\n") + "\nbye"
        ground.plant("embedded_newlines", item)
    ground.plant("empty_column", ground.items[0])
    return written(ground, folder / "cells.csv", whole=("empty_column",))


def talks_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Conversations with unknown speakers, wrong order, no answer, empty answers."""
    rng = Random(32)
    ground = Bed(rng, [Item({"messages": talk(rng, n % 3 + 1)}) for n in range(rows)])
    for n in range(each):
        item = ground.take()
        item.row["messages"][0]["role"] = ("wizard", "agent_7", "moderator", "narrator")[n % 4]
        ground.plant("rows_unknown_role", item)
        item = ground.take()
        item.row["messages"] = _disordered(rng, n)
        ground.plant("role_order", item)
        item = ground.take()
        item.row["messages"] = ([], [{"role": "user", "content": "hello there, is anybody in"}])[n % 2]
        ground.plant("rows_no_answer", item)
        item = ground.take()
        item.row["messages"][-1]["content"] = ("", "  \n")[n % 2]
        ground.plant("rows_empty", item)
    return written(ground, folder / "talks.jsonl")


def _disordered(rng: Random, n: int) -> list[dict[str, str]]:
    turns = talk(rng, 2)
    if n % 3 == 0:
        return [turns[0], turns[2], turns[1], turns[3]]
    if n % 3 == 1:
        return [turns[1], turns[0], turns[3]]
    return [turns[0], turns[1], turns[3]]


def pairs_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """Preference pairs: equal sides, swapped sides."""
    rng = Random(33)
    ground = Bed(rng, [Item(_pair(t, rng)) for t in tickets(rows, 33)])
    for n in range(each):
        item = ground.take()
        item.row["rejected"] = (item.row["chosen"], item.row["chosen"] + " ")[n % 2]
        ground.plant("pref_equal", item)
        item = ground.take()
        good = item.row["chosen"]
        if n % 3 == 0:
            twin = ground.add({"prompt": item.row["prompt"], "chosen": item.row["rejected"], "rejected": good})
            ground.plant("pref_swapped", item, twin)
        else:
            item.row |= {"chosen": ("I'm sorry, but I can't help with that.", "")[n % 3 - 1], "rejected": good}
            ground.plant("pref_swapped", item)
    return written(ground, folder / "pairs.jsonl")


def _pair(t: Ticket, rng: Random) -> Row:
    return {"prompt": t.message, "chosen": reply(rng, rng.choice((2, 3))), "rejected": reply(rng, rng.choice((2, 3)))}


def bias_sheet(folder: Path, rows: int) -> Sheet:
    """Preference pairs whose better side is nearly always the longer one."""
    rng = Random(34)
    ground = Bed(rng, [Item(_pair(t, rng) | {"chosen": reply(rng, 6)}) for t in tickets(rows, 34)])
    ground.plant("pref_length_bias", ground.items[0])
    return written(ground, folder / "bias.jsonl", whole=("pref_length_bias",))


SIGNATURES = (
    "\n\nKind regards\nThe desk of Harbour and Sons\n\nThis message may hold confidential matters. If it was not meant "
    "for you, please delete it and tell us.",
    " This mail was sent from an unattended mailbox, so please do not answer it.",
    "\n--\nSent from my telephone",
)


def boilerplate_sheet(folder: Path, rows: int, which: int) -> Sheet:
    """A signature or disclaimer under two of five answers, or a greeting above."""
    ground = bed(rows, 35 + which)
    for _ in range(int(rows * 0.4)):
        item = ground.take()
        if which < len(SIGNATURES):
            item.row["answer"] += SIGNATURES[which]
        else:
            item.row["answer"] = (
                "Thank you for contacting the harbour desk, we are glad to help.\n\n" + item.row["answer"]
            )
        ground.plant("boilerplate", item)
    return written(ground, folder / f"boilerplate_{which}.jsonl")


def small_sheet(folder: Path) -> Sheet:
    """Far too few rows."""
    ground = bed(15, 40)
    ground.plant("too_little_data", ground.items[0])
    return written(ground, folder / "small.jsonl", whole=("too_little_data",))


def foreign_sheet(folder: Path, rows: int) -> Sheet:
    """All in one language for which the vocabulary was not made."""
    rng = Random(41)
    marks = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于"
    ground = Bed(
        rng,
        [
            Item({"question": "".join(rng.choices(marks, k=40)), "answer": "".join(rng.choices(marks, k=30))})
            for _ in range(rows)
        ],
    )
    ground.plant("vocabulary_fit", ground.items[0])
    return written(ground, folder / "foreign.jsonl", whole=("vocabulary_fit",))


def long_prompts_sheet(folder: Path, rows: int) -> Sheet:
    """Long questions with answers of a word: hardly anything is trained on."""
    ground = bed(rows, 42, lambda t: {"question": f"{t.message} {t.reply} {t.message}", "answer": t.topic})
    ground.plant("low_trained_share", ground.items[0])
    return written(ground, folder / "long_prompts.jsonl", whole=("low_trained_share",))


# --- faults of the file itself, where lines are what is counted


def lines_sheet(folder: Path, rows: int, each: int, rule: str) -> Sheet:
    """A JSONL with broken lines. A finding may name the line, or the row that the line became."""
    rng = Random(43)
    lines = [json.dumps(asked(t)).replace(". ", ". – é: ", 1).encode() for t in tickets(rows, 43)]
    chosen = sorted(rng.sample(range(rows), each))
    for n, at in enumerate(chosen):
        lines[at] = _BREAK[rule](lines[at], n)
    path = folder / f"{rule}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Sheet(rule, path, {rule: [frozenset({at + 1, max(at + 1 - n, 1)}) for n, at in enumerate(chosen)]})


_BREAK: dict[str, Callable[[bytes, int], bytes]] = {
    "unreadable_lines": lambda line, n: (line[:-20], b"{oops}", b"nothing", line + b"}", line[1:])[n % 5],
    "bad_bytes": lambda line, n: line.replace(b" ", (b" \xe9", b" \xff", b" \xc3 ")[n % 3], 3),
    "duplicate_keys": lambda line, n: line[:-1] + (b', "question": "other"}', b', "answer": "other"}')[n % 2],
    "not_a_number": lambda line, n: line[:-1] + b', "score": ' + (b"NaN", b"Infinity", b"-Infinity")[n % 3] + b"}",
}


def ragged_sheet(folder: Path, rows: int, each: int) -> Sheet:
    """A CSV with fields too many or too few."""
    rng = Random(44)
    lines = ["question,answer"]
    lines += [f'"{t.message}","{t.reply}"' for t in tickets(rows, 44)]
    chosen = sorted(rng.sample(range(1, rows), each))
    for n, at in enumerate(chosen):
        lines[at] = (f"{lines[at]},more", lines[at].split('",')[0] + '"', f"{lines[at]},,,")[n % 3]
    path = folder / "ragged.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return Sheet("ragged", path, {"ragged_rows": [frozenset(range(at - n - 1, at + 2)) for n, at in enumerate(chosen)]})


def quote_sheet(folder: Path, rows: int, where: float) -> Sheet:
    """A CSV with one quote that opens and never closes."""
    lines = ["question,answer"] + [f"{t.message.replace(',', ';')},it is done" for t in tickets(rows, 45)]
    at = int(rows * where)
    lines[at] = f'"{lines[at]}'
    path = folder / f"quote_{at}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return Sheet(path.stem, path, {"stray_quote": [frozenset({at + 1})]}, whole=frozenset({"stray_quote"}))


def wrapped_sheet(folder: Path, rows: int) -> Sheet:
    """A text wrapped by hand."""
    import textwrap

    path = folder / "wrapped.txt"
    path.write_text("\n\n".join(textwrap.fill(f"{t.message} {t.reply}", 64) for t in tickets(rows, 46)) + "\n", "utf-8")
    return Sheet("wrapped", path, {"hard_wraps": [frozenset({1})]}, whole=frozenset({"hard_wraps"}))


def order_sheet(folder: Path, rows: int) -> Sheet:
    """Keys in another order from row to row."""
    path = folder / "order.jsonl"
    write(path, [dict(reversed(asked(t).items())) if n % 3 == 0 else asked(t) for n, t in enumerate(tickets(rows, 47))])
    return Sheet("order", path, {"column_order": [frozenset({1})]}, whole=frozenset({"column_order"}))


def clean_sheets(folder: Path, rows: int) -> list[Path]:
    """Questions, labels, conversations, pairs and texts with nothing wrong."""
    rng = Random(50)
    made_of: dict[str, list[Row]] = {
        "clean_qa.jsonl": [asked(t) for t in tickets(rows, 51)],
        "clean_labels.csv": [labelled(t) for t in tickets(rows, 52)],
        "clean_talks.jsonl": [{"messages": talk(rng, n % 3 + 1)} for n in range(rows // 2)],
        "clean_pairs.jsonl": [_pair(t, rng) for t in tickets(rows, 53)],
        "clean_texts.jsonl": [{"text": f"{t.message} {t.reply}"} for t in tickets(rows, 54)],
    }
    for name, made_rows in made_of.items():
        write(folder / name, made_rows)
    return [folder / name for name in made_of]


def carrier_sheets(folder: Path, shared: Path, most: int, each: int) -> list[tuple[Path, Sheet]]:
    """(the real file's rows as they are, the same with plants), for each real file at hand."""
    from trainer.data.reading import read

    out = []
    for name, (where, *columns) in CARRIERS.items():
        if not (shared / where).exists():
            continue
        rows = [dict(row) for row in read(shared / where).rows[:most]]
        before = folder / f"{name}_as_it_is.jsonl"
        write(before, rows)
        ground = Bed(Random(60), [Item(dict(row)) for row in rows])
        for rule, planting in TEXTS.items():
            if not planting.answer:
                _plant_forms(ground, rule, each, columns[0])
        out.append((before, written(ground, folder / f"{name}_planted.jsonl", shuffle=False)))
    return out


def _plant_forms(ground: Bed, rule: str, each: int, column: str) -> None:
    forms = TEXTS[rule].forms
    for n in range(each):
        item = ground.take()
        item.row[column] = inserted(str(item.row[column]), made(forms[n % len(forms)], ground.rng), ground.rng)
        ground.plant(rule, item)


def planted_sheets(folder: Path, size: int, each: int) -> list[Sheet]:
    """All sheets; `size` clean rows in each, `each` plants of each kind."""
    few = max(each // 2, 4)
    return [
        texts_sheet(folder, max(size, len(TEXTS) * (each + 30)), each, 30),
        languages_sheet(folder, size, few),
        repeats_sheet(folder, size, few),
        near_texts_sheet(folder, size, few),
        flood_sheet(folder, size),
        labels_sheet(folder, size, few),
        menus_sheet(folder, size // 4, each),
        one_label_sheet(folder, size // 4),
        imbalance_sheet(folder, size),
        split_sheet(folder, size, few),
        shapes_sheet(folder, size, each),
        cells_sheet(folder, size, each),
        talks_sheet(folder, size, each),
        pairs_sheet(folder, size, each),
        bias_sheet(folder, size // 2),
        *(boilerplate_sheet(folder, size // 2, which) for which in range(4)),
        small_sheet(folder),
        foreign_sheet(folder, size // 4),
        long_prompts_sheet(folder, size // 4),
        *(lines_sheet(folder, size // 2, each, rule) for rule in _BREAK),
        ragged_sheet(folder, size // 2, each),
        *(quote_sheet(folder, size // 4, where) for where in (0.1, 0.5, 0.9)),
        wrapped_sheet(folder, size // 4),
        order_sheet(folder, size // 4),
    ]
