"""Labels: only one, unbalanced, rare, or one label spelled in several ways."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator

from trainer.data.convert import as_text
from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found

MANY = 0.2
"""Over this share of distinct values the 'labels' are structures or sentences, not classes."""
WITH_LABEL = ("prompt_completion", "alpaca")
"""Formats that may hold a label beside the answer; it can be learned instead."""
MOST = 2000
"""Labels that are counted; more are no classes."""
RARE = 10
"""Rows under which a label can hardly be learned (few-shot sets of 10 a class are the published minimum)."""
UNBALANCED = 5
"""Times the rarest label that the most frequent one may have."""
TYPO_SHARE = 0.05
"""A label this much rarer than one it resembles is taken for its typing error."""
ALIKE = 85
"""RapidFuzz ratio (0 to 100) from which two long labels may be one."""


class Labels:
    """Counts of the labels, and the rows of the rare ones."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._rows: dict[str, array[int]] = {}
        self._active = self._learned = False
        self._seen = 0

    def see(self, batch: Batch) -> None:
        """Rows of a text with a label."""
        self._learned = batch.shape.format == "text_label"
        column = batch.shape.roles.get("label", "")
        self._active = self._learned or bool(column and batch.shape.format in WITH_LABEL)
        if not self._active or len(self.counts) > MOST:
            return
        labels = batch.answers if self._learned else [as_text(row.get(column)) for row in batch.rows]
        for number, example, label in zip(batch.numbers, batch.examples, labels, strict=True):
            if label and not (self._learned and example.fault):
                self._seen += 1
                self.counts[label] += 1
                self._rows.setdefault(label, array("Q")).append(number)

    @property
    def _classes(self) -> bool:
        """Whether the labels are classes at all."""
        return self._active and 0 < len(self.counts) <= min(MOST, max(2, MANY * self._seen))

    def shown(self) -> dict[str, int]:
        """Label -> rows, the most frequent first; nothing where the labels are no classes."""
        return dict(self.counts.most_common(500)) if self._classes else {}

    def found(self) -> list[Found]:
        """What is odd about the labels."""
        return list(self._found()) if self._classes else []

    def _found(self) -> Iterator[Found]:
        ranked = self.counts.most_common()
        if len(ranked) < 2:
            yield from [Found("one_label", 1)] if self._learned else []
            return
        mapping = variants(self.counts)
        if mapping:
            rows = sorted(r for label in mapping for r in self._rows[label])
            shown = ", ".join(f"{a!r} → {b!r}" for a, b in list(mapping.items())[:4])
            yield Found("label_variants", len(rows), rows, {"shown": shown, "mapping": mapping})
        most, least = ranked[0], ranked[-1]
        if most[1] >= UNBALANCED * least[1]:
            facts = {"least": least[0][:40], "few": least[1], "most": most[0][:40], "many": most[1]}
            yield Found("label_imbalance", len(ranked), (), facts)
        rare = {label: n for label, n in ranked if n < RARE and label not in mapping}
        if rare:
            rows = sorted(r for label in rare for r in self._rows[label])
            shown = ", ".join(f"{label[:40]} ({n})" for label, n in list(rare.items())[-4:])
            yield Found("rare_labels", len(rows), rows, {"labels": len(rare), "shown": shown})


def variants(counts: Counter[str]) -> dict[str, str]:
    """Label -> the label it is a spelling of: case, spaces, marks; or a rare typing error of a frequent one."""
    mapping: dict[str, str] = {}
    heads: dict[str, str] = {}
    for label, _ in counts.most_common():
        plain = re.sub(r"[\W_]+", "", label.casefold()) or label
        if plain in heads:
            mapping[label] = heads[plain]
        else:
            heads[plain] = label
    return mapping | _typos(list(heads.values()), counts)


def _typos(labels: list[str], counts: Counter[str]) -> dict[str, str]:
    from rapidfuzz import fuzz, process

    found = {}
    for label in labels:
        frequent = [o for o in labels if len(o) >= 5 and counts[label] <= TYPO_SHARE * counts[o]]
        best = process.extractOne(label, frequent, scorer=fuzz.ratio, score_cutoff=ALIKE) if len(label) >= 5 else None
        if best and not re.sub(r"\D", "", label + best[0]):
            found[label] = best[0]
    return found
