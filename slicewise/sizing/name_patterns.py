"""Which modules a quantisation config excludes or names: by exact name, wildcard or regular expression.

Quantisers write the same module in many ways: with the prefixes of the checkpoint, `*` for anything (modelopt), or a
regular expression after `re:` (compressed-tensors). vLLM matches them in layers/quantization/utils and
compressed_tensors/utils.py (v0.23).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from fnmatch import translate
from typing import Final

from slicewise.sizing.layers import TOWER

_PREFIXES: Final = re.compile(r"^(?:(?:model|language_model|text_model|transformer|backbone)\.)+")
# What checkpoints call encoders of images and audio, and the projectors behind them.
_TOWERS: Final = re.compile(
    r"^(?:visual|vision_tower|vision_model|vision_encoder|vision_language_adapter|multi_modal_projector|embed_vision"
    r"|embed_audio|audio_tower|mm_projector|mlp1|patch_merger)\b"
)
_TOWER_PATHS: Final = ("visual.blocks.0.attn.qkv", "vision_tower.encoder.layers.0.self_attn.q_proj")
_LAYER_PREFIXES: Final = ("model.", "model.language_model.", "language_model.model.")
_REGEX: Final = "re:"
_LAYER: Final = re.compile(r"layers\.([0-9]+)(?:\.|$)")
# A pattern without these takes any digit for any other: ranges of letters hold all digits or none.
_TELLS_DIGITS: Final = re.compile(r"[0-9]|\(\?P=|\\N")
# A group that repeats can take time without end; one that does not cannot, with so few repetitions.
_REPEATED_GROUP: Final = re.compile(r"\)[*+{?]")
_REPETITION: Final = re.compile(r"(?<!\\)[*+{]")
_MOST_REPETITIONS: Final = 4
_LONGEST: Final = 300


class UnreadablePatternError(ValueError):
    """A pattern is not one that can be matched safely."""


class NamePatterns:
    """Patterns of modules' names."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Prepare them.

        Raises:
            UnreadablePatternError: One is a regular expression that is not valid, or could take very long.
        """
        self._exact: set[str] = set()
        self._parts: set[str] = set()
        self._wild: list[re.Pattern[str]] = []
        self._regex: list[re.Pattern[str]] = []
        self._tower = False
        self._experts: set[str] = set()
        self._of_layer: dict[str, set[str]] = {}
        self._tells_digits = False
        for pattern in dict.fromkeys(patterns):
            self._add(pattern)
        self._found: dict[str, bool] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._exact or self._wild or self._regex or self._tower)

    def _add(self, pattern: str) -> None:
        if (pattern.startswith(_REGEX) or "*" in pattern) and _TELLS_DIGITS.search(pattern):
            self._tells_digits = True
        if pattern.startswith(_REGEX):
            self._regex.append(_compiled(pattern.removeprefix(_REGEX)))
            return
        name = _PREFIXES.sub("", pattern)
        if _TOWERS.match(name) or TOWER in name:
            self._tower = True
        elif "*" in name:
            self._wild.append(_wildcard(name))
        else:
            self._exact.add(name)
            if layer := _LAYER.match(name):
                self._of_layer.setdefault(layer[1], set()).add(name[layer.end() :])
            if "." not in name:
                self._parts.add(name)
            before, found, _ = name.partition(".experts.")
            if found:
                self._experts.add(f"{before}.experts")

    @property
    def tells_layers(self) -> bool:
        """Whether of equal layers other modules may be meant."""
        return bool(self._wild or self._regex or self._of_layer or any(part.isdecimal() for part in self._parts))

    def kind_of_layer(self, number: int) -> tuple[object, ...]:
        """Return what is the same for layers of which the same modules are meant, if they have the same modules."""
        digits = str(number)
        seen = number if self._tells_digits else len(digits) if self._wild or self._regex else 0
        return seen, digits in self._parts, frozenset(self._of_layer.get(digits, ()))

    def match(self, path: str) -> bool:
        """Whether a module is meant.

        Args:
            path: Its path without prefixes: `layers.3.self_attn.q_proj`, `lm_head`, or `vision_tower…`.
        """
        if path not in self._found:
            self._found[path] = self._matches(path)
        return self._found[path]

    def _matches(self, path: str) -> bool:
        if path.startswith(TOWER):
            return self._tower or any(regex.match(each) for regex in self._regex for each in _TOWER_PATHS)
        parts = path.split(".")
        if path in self._experts or not self._parts.isdisjoint(parts):
            return True
        if any(".".join(parts[:length]) in self._exact for length in range(1, len(parts) + 1)):
            return True
        if any(wild.match(path) for wild in self._wild):
            return True
        real = f"{path}.0.gate_proj" if path.endswith(".experts") else path
        paths = [f"{prefix}{real}" for prefix in _LAYER_PREFIXES] + [real]
        return any(regex.match(each) for regex in self._regex for each in paths)


def _wildcard(name: str) -> re.Pattern[str]:
    """Return a wildcard's pattern; `module*` also means all that is below it."""
    if len(name) > _LONGEST:
        raise UnreadablePatternError(name)
    return re.compile(translate(name) + "|" + translate(f"{name}.*"))


def _compiled(text: str) -> re.Pattern[str]:
    repeated = len(_REPETITION.findall(text)) > _MOST_REPETITIONS
    if len(text) > _LONGEST or repeated or _REPEATED_GROUP.search(text):
        raise UnreadablePatternError(text)
    try:
        # Of `[[0]` Python warns that it may once mean something else; vLLM takes it as it is, and so do we.
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            return re.compile(text)
    except re.error as error:
        raise UnreadablePatternError(text) from error
