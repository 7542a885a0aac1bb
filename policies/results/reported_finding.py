"""One thing that policies, or the plan, found: what every report is made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from slicewise.diagnostics import Place


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One thing to change.

    Attributes:
        rule: The policy, or the code of a mistake in a document.
        pack: The policy's pack.
        description: What the rule wants.
        message: What is wrong.
        mandatory: Whether it stops an update.
        place: Where.
        urns: Every resource that it was found in; none for a mistake in a document.
    """

    rule: str
    pack: str
    description: str
    message: str
    mandatory: bool
    place: Place
    urns: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What identifies it from one push to the next: nothing in it moves when a line is added above."""
        parts = (self.pack, self.rule, self.place.file, self.message)
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
