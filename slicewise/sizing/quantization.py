"""How a model's weights are held: what its checkpoint says, and what the engine is told to make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from slicewise.sizing.formats import FP8, Format, without_order
from slicewise.sizing.name_patterns import NamePatterns
from slicewise.sizing.tensors import Role, Tensor

# vLLM's FP8 kernels take no matrix with a side that is not a multiple of this (v0.23, models/siglip.py).
_TOWER_SIDE: Final = 64


@dataclass(frozen=True, slots=True)
class FormatRule:
    """A number format for the modules that patterns name.

    Attributes:
        named: Which modules; None for all.
        format: Their number format; None where they stay in the model's own.
    """

    named: NamePatterns | None
    format: Format | None


@dataclass(frozen=True, slots=True)
class Quantization:
    """How the weights are held.

    Attributes:
        method: vLLM's name of the method: `fp8`, `gptq`, `compressed-tensors`; empty for none.
        rules: The formats of linear layers; the first that names a module counts.
        excluded: Modules that stay in the model's own format.
        only_experts: Whether only experts are quantised (gpt-oss).
        towers: Whether the method applies to encoders of images: not to GPTQ's and AWQ's.
        online: Whether the engine quantises a checkpoint that is not quantised.
        kv_fp8: Whether the checkpoint asks for a key-value cache in FP8.
        unknown: Why the bytes cannot be computed; empty where they can.
    """

    method: str = ""
    rules: tuple[FormatRule, ...] = ()
    excluded: NamePatterns = field(default_factory=lambda: NamePatterns(()))
    only_experts: bool = False
    towers: bool = True
    online: bool = False
    kv_fp8: bool = False
    unknown: str = ""

    def format_of(self, tensor: Tensor, path: str) -> Format | None:
        """Return the number format of a tensor; None for the model's own.

        Args:
            tensor: The tensor.
            path: Its module's path without prefixes: `layers.3.self_attn.q_proj`.
        """
        if not self.rules or tensor.role in (Role.PLAIN, Role.FLOAT32):
            return None
        if tensor.role is Role.HEAD:
            return next((rule.format for rule in self.rules if rule.named and rule.named.match(path)), None)
        if self.only_experts and tensor.role is not Role.EXPERTS:
            return None
        in_tower = not path.startswith("layers.")
        if (in_tower and not self._reaches(tensor)) or self.excluded.match(path):
            return None
        chosen = next((rule.format for rule in self.rules if rule.named is None or rule.named.match(path)), None)
        return without_order(chosen) if chosen and tensor.role is Role.EXPERTS else chosen

    def _reaches(self, tensor: Tensor) -> bool:
        return self.towers and not (tensor.rows % _TOWER_SIDE or tensor.columns % _TOWER_SIDE)

    @property
    def by_layer(self) -> tuple[NamePatterns, ...]:
        """The patterns by which equal layers may be held in different ways."""
        patterns = (self.excluded, *(rule.named for rule in self.rules)) if self.rules else ()
        return tuple(each for each in patterns if each and each.tells_layers)


ONLINE_FP8: Final = Quantization("fp8", (FormatRule(None, FP8),), online=True)
"""What `--quantization=fp8` makes of a checkpoint that is not quantised."""
