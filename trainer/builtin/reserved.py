"""Keeps public benchmark rows out of the pretraining corpus.

Short sentences composed at random can coincide with a benchmark's rows. `reserved.digests` holds
digests, never text, of the benchmark's short messages and of its labels; the corpus draws again
when it hits one. `python -m trainer.builtin.reserved FILE.csv ...` (columns text and category)
writes the digests anew.
"""

import csv
import re
import sys
import textwrap
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

FILE = Path(__file__).parent / "wording" / "reserved.digests"
_LONGEST = 14  # words; longer combinations do not coincide
_NOISE = re.compile(r"[^a-z0-9]+")


def digest(text: str) -> str:
    """Ten hexadecimal digits of the text without case, spaces and punctuation."""
    return blake2b(_NOISE.sub("", text.lower()).encode(), digest_size=5).hexdigest()


@lru_cache(maxsize=1)
def digests() -> frozenset[str]:
    """All reserved digests."""
    return frozenset(FILE.read_text("ascii").split())


def is_reserved(text: str) -> bool:
    """Whether the text equals a benchmark's row or label but for case and punctuation."""
    return digest(text) in digests()


def main() -> None:
    """Write the digests of the given CSV files."""
    found = set()
    for name in sys.argv[1:]:
        with Path(name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.add(digest(row["category"]))
                if len(row["text"].split()) <= _LONGEST:
                    found.add(digest(row["text"]))
    FILE.write_text(textwrap.fill(" ".join(sorted(found)), 600) + "\n", "ascii")


if __name__ == "__main__":
    main()
