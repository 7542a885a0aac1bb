"""MIG profiles and their names: `3g.40gb` is three compute slices and a rounded share of the board's memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Stricter than the driver's grammar: no pod can request `1c.3g.40gb`, a part of a slice, or a name with a `,`.
_NAME: Final = re.compile(
    r"(?P<compute>[1-9][0-9]{0,2})g\.(?P<memory>0|[1-9][0-9]{0,3})gb(?P<suffix>[+-][a-z0-9]+(\.[a-z0-9]+)*)?"
)
_DOTTED_SUFFIX: Final = re.compile(r"(?<=[0-9]gb)\.")


@dataclass(frozen=True, slots=True)
class MigProfile:
    """One way to slice a given GPU model; the same name means other things on other models.

    Attributes:
        name: The driver's spelling, such as `3g.40gb`, `1g.10gb+me` or `1g.24gb-me`.
        per_gpu: The most instances of this profile that one GPU holds when it holds nothing else.
        nominal_gib: The number in the name, a rounded share of the board. None where memory is unified (`1g.0gb`).
        usable_mib: MiB that the driver gives an instance: the lowest that was seen, where drivers differ. None where no
            measurement is published.
        most_mib: The most that was seen; equal to `usable_mib` where drivers agree.
        memory_slices: How many of the board's memory slices an instance takes, side by side; 0 where it is not known.
        starts: The memory slices that it may begin at, as the driver numbers them; none where it is not known.
    """

    name: str
    per_gpu: int
    nominal_gib: int | None
    usable_mib: int | None
    most_mib: int | None
    memory_slices: int = 0
    starts: tuple[int, ...] = ()

    @property
    def usable_gib(self) -> float | None:
        """The same in GiB, of which `nvidia-smi mig -lgip` prints two decimals."""
        return self.usable_mib / 1024 if self.usable_mib is not None else None


@dataclass(frozen=True, slots=True)
class ParsedProfile:
    """What a profile's name says by itself, for profiles that the catalogue does not know.

    Attributes:
        compute: Compute slices: 3 in `3g.40gb`.
        memory_gb: The number before `gb`: 40 in `3g.40gb`, 0 where memory is unified.
        suffix: Media and graphics engines with their sign (`+me`, `+me.all`, `+gfx`, `-me`), or the empty string.
    """

    compute: int
    memory_gb: int
    suffix: str


def parse_profile_name(text: str) -> ParsedProfile | None:
    """Read a profile name in the driver's spelling.

    Accepts what may become a resource: `<n>g.<n>gb` with an optional `+…` or `-…` suffix, in lower case. Names of split
    compute instances (`1c.3g.40gb`) are not accepted: the device plugin advertises no resource for them from v0.20, and
    the slice's own, whose memory they share, before (k8s-device-plugin, internal/rm/device_map.go).

    Args:
        text: The name, without any `nvidia.com/mig-` prefix; see `canonical_profile_name` for other spellings.

    Returns:
        The parts of the name, or None if `text` is not one. Whether a GPU offers the profile is another question.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    return ParsedProfile(int(match["compute"]), int(match["memory"]), match["suffix"] or "")


def kubernetes_spelling(profile: str) -> str:
    """Return how a profile is written in the names of resources and in the values of labels: `1g.10gb.me`.

    Neither can hold a `+`. NVIDIA's device plugin (v0.20, internal/rm/rm.go), GPU feature discovery, MIG manager and
    GKE write a `.` in its place and keep a `-`. `canonical_profile_name` is the way back.

    Args:
        profile: A profile in the driver's spelling, such as `1g.10gb+me`.
    """
    return profile.replace("+", ".")


def plain_profile(profile: str) -> str:
    """Return a profile in the driver's spelling without its suffix: `1g.10gb` for `1g.10gb+me`."""
    parsed = parse_profile_name(profile)
    return f"{parsed.compute}g.{parsed.memory_gb}gb" if parsed else profile


def canonical_profile_name(text: str) -> str:
    """Turn the spelling of a resource or a label into the driver's, to propose it in a remedy.

    Kubernetes names cannot hold `+`, so the device plugin, GPU feature discovery and GKE write `.` in its place:
    `nvidia.com/mig-1g.24gb.me.all` and `1g.24gb.me.all` are the driver's `1g.24gb+me.all`. A `-` stays: `1g.24gb-me`
    (no media engine) and `1g.24gb+me` (with one) are opposites.

    Args:
        text: A profile in any of these spellings, in any case, with or without `nvidia.com/mig-` or `mig-`.

    Returns:
        The driver's spelling. Text that is not a profile in any spelling comes back trimmed and in lower case.
    """
    name = text.strip().lower().removeprefix("nvidia.com/").removeprefix("mig-")
    return _DOTTED_SUFFIX.sub("+", name, count=1)
