"""Who claims which column, while a table is judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from trainer.data.shape.extras import about_the_row
from trainer.data.shape.look import Claim, Look
from trainer.data.shape.names import key_of, table

STRONG = 0.75
"""A name of this score or more is believed whatever the words say."""


@dataclass
class Draft:
    """Claims made so far; a column is claimed once."""

    look: Look
    claims: dict[str, Claim]
    extras: dict[str, Claim] = field(default_factory=dict)
    doubt: tuple[str, str] | None = None
    """Two texts of which it is unclear which one answers."""
    rivals: tuple[str, ...] = ()
    """Columns that could be the label as well as the claimed one."""

    def free(self) -> list[str]:
        """Columns without a part, empty ones left out."""
        taken = {c.column for c in (*self.claims.values(), *self.extras.values())}
        return [n for n, c in self.look.columns.items() if n not in taken and c.kind != "empty"]

    def take(self, role: str, claim: Claim | None) -> None:
        """Give a role its column unless the person has."""
        if claim and role not in self.claims and claim.column not in {c.column for c in self.claims.values()}:
            self.claims[role] = claim

    def texts(self) -> list[str]:
        """Free columns with words to read that are neither labels nor about the row."""
        look = self.look
        return [
            n for n in self.free() if look.prose(n) and not look.labelish(n) and not (look.total > 2 and _told(look, n))
        ]


def _told(look: Look, name: str) -> bool:
    return key_of(name) in table().other or about_the_row(look, name)
