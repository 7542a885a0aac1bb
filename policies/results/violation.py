"""What a policy reported, wherever it ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """What a policy reported.

    Attributes:
        policy: The policy's name.
        pack: The name of its pack.
        description: What the policy wants of every resource.
        message: What is wrong with this one.
        mandatory: Whether it stops an update.
        urn: The resource; the stack itself where a policy names none.
    """

    policy: str
    pack: str
    description: str
    message: str
    mandatory: bool
    urn: str
