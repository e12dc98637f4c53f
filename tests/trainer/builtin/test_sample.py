"""The sample data set: what is on disk is what the script writes, blemishes included."""

import csv
import io
from collections import Counter

from trainer.builtin import sample


def read():
    return list(csv.DictReader(io.StringIO(sample.FILE.read_text("utf-8"))))


def test_file_is_what_the_script_writes():
    assert sample.FILE.read_text("utf-8") == sample.text()


def test_columns_and_size():
    found = read()
    assert len(found) >= 700
    assert tuple(found[0]) == sample.COLUMNS
    assert 8 <= len({row["topic"] for row in found}) <= 10


def test_house_style():
    answers = [row["agent_reply"] for row in read() if row["agent_reply"]]
    assert all(a.startswith(sample.GREETING) and a.endswith(sample.SIGN_OFF) for a in answers)
    assert all(a.count("Please") == 1 for a in answers)


def test_blemishes():
    found = read()
    counted = Counter(tuple(row.values()) for row in found)
    topics: dict[str, set[str]] = {}
    for row in found:
        topics.setdefault(row["customer_message"], set()).add(row["topic"])
    assert sum(count - 1 for count in counted.values()) == 12
    assert sum(not row["agent_reply"] for row in found) == 6
    assert sum("@example.com" in row["customer_message"] for row in found) == 5
    assert sum(len(row["customer_message"]) > 2000 for row in found) == 2
    assert sum(len(names) > 1 for names in topics.values()) == 3
    assert not any("<" in value or "{" in value for row in found for value in row.values())


def test_messages_are_not_in_the_pretraining_corpus():
    from trainer.builtin.corpus import take

    text = "\n".join(document.render() for document in take(11, 5000)).lower()
    assert not any(row["customer_message"].lower() in text for row in read())
