"""From the name that a cloud, a node label or a person gives to a GPU, to the catalogue's model of it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from slicewise.mig.catalogue import ALL_GPU_MODELS

if TYPE_CHECKING:
    from slicewise.mig.gpu_models import GpuModel

# GPU feature discovery appends these to the product name (k8s-device-plugin v0.20, internal/lm/resource.go).
_LABEL_SUFFIX: Final = re.compile(r"(-mig-(invalid|([0-9]+c\.)?[0-9]+g\.[0-9]+gb([-+.][a-z.]+)?))?(-shared)?$")
_SEPARATORS: Final = re.compile(r"[\s_-]+")
_SIZED: Final = re.compile(r"(.+)-[0-9]+gb")
# How a board is connected and what its memory is made of changes no profile.
_FORM_FACTORS: Final = frozenset(
    {"sxm", "sxm2", "sxm3", "sxm4", "sxm5", "sxm6", "pcie", "hbm2", "hbm2e", "hbm3", "hbm3e"},
)
_LONGEST_LABEL: Final = 63


class UnknownAcceleratorError(ValueError):
    """The name is no GPU model of the catalogue.

    Attributes:
        text: The name as it was written.
        suggestions: Similar names that `find_gpu_model` accepts, one a model, the most similar first; may be empty.
    """

    def __init__(self, text: str, suggestions: tuple[str, ...]) -> None:
        hint = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f'"{text}" is not a GPU model that Slicewise knows{hint}')
        self.text = text
        self.suggestions = suggestions


class AmbiguousAcceleratorError(ValueError):
    """The name fits boards of several memory sizes, which have different MIG profiles.

    Attributes:
        text: The name as it was written.
        candidates: Names that say which board, each accepted by `find_gpu_model`, the smallest board first.
    """

    def __init__(self, text: str, candidates: tuple[str, ...]) -> None:
        super().__init__(f'"{text}" does not say which board it is: write one of {", ".join(candidates)}')
        self.text = text
        self.candidates = candidates


def find_gpu_model(accelerator_type: str) -> GpuModel:
    """Find the GPU model that a name means.

    Case, and the choice of spaces, underscores or dashes, make no difference; `nvidia-` may be left out.

    Args:
        accelerator_type: A GKE accelerator type (`nvidia-h100-80gb`), the `nvidia.com/gpu.product` label of GPU feature
            discovery, also with its `-MIG-<profile>` and `-SHARED` suffixes (`NVIDIA-H100-80GB-HBM3-MIG-3g.40gb`), or a
            short name (`h100-80gb`, `b200`). GKE names: GKE cluster autoscaler, gke/labels; labels: NVML device
            names by the rule of k8s-device-plugin v0.20, internal/lm/resource.go.

    Returns:
        The model from `ALL_GPU_MODELS`.

    Raises:
        AmbiguousAcceleratorError: The name leaves open which memory size the board has (`h100`).
        UnknownAcceleratorError: The catalogue has no such name.
    """
    spellings = _spellings(accelerator_type)
    for spelling in spellings:
        if spelling in _MODELS:
            return _MODELS[spelling]
        if spelling in _AMBIGUOUS:
            raise AmbiguousAcceleratorError(accelerator_type, _AMBIGUOUS[spelling])
    raise UnknownAcceleratorError(accelerator_type, _suggestions(*spellings))


def known_gpu_model(accelerator_type: str) -> GpuModel | None:
    """Return the GPU model that a name means; None where the catalogue has none of the name, or several."""
    try:
        return find_gpu_model(accelerator_type)
    except (AmbiguousAcceleratorError, UnknownAcceleratorError):
        return None


@lru_cache(1024)
def _spellings(text: str) -> tuple[str, str]:
    """Return the name as written, then without what tells no boards apart: `h100-pcie` says more than `h100`."""
    name = _SEPARATORS.sub("-", text.lower()).strip("-").removeprefix("nvidia-")
    name = _LABEL_SUFFIX.sub("", name)
    words = name.removeprefix("tesla-").split("-")
    return name, "-".join(word for word in words if word not in _FORM_FACTORS)


def _names(model: GpuModel) -> tuple[str, ...]:
    """Return every name of a model; one whose name is silent about memory may be written with it, as GKE does."""
    sized = () if _SIZED.fullmatch(model.name) else (f"{model.name}-{model.memory_gib}gb",)
    return (model.name, *sized, *model.aliases)


_MODELS: Final = {name: model for model in ALL_GPU_MODELS for name in _names(model)}


def _ambiguous_names() -> dict[str, tuple[str, ...]]:
    """Return the names that several models share but for the memory size (`h100`), with the full names."""
    boards: dict[str, dict[str, str]] = {}
    for name, model in sorted(_MODELS.items(), key=lambda item: item[1].memory_gib):
        sized = _SIZED.fullmatch(name)
        if sized is not None and sized[1] not in _MODELS:
            boards.setdefault(sized[1], {}).setdefault(model.name, name)
    return {name: tuple(full.values()) for name, full in boards.items() if len(full) > 1}


_AMBIGUOUS: Final = _ambiguous_names()


def _suggestions(written: str, bare: str) -> tuple[str, ...]:
    """Return similar names, one a model; what is longer than a label is cut, because difflib's cost grows with it."""
    known = (*_MODELS, *_AMBIGUOUS)
    close = get_close_matches(bare[:_LONGEST_LABEL], known) or get_close_matches(written[:_LONGEST_LABEL], known)
    by_model: dict[str, str] = {}
    for name in (full for match in close for full in _AMBIGUOUS.get(match, (match,))):
        by_model.setdefault(_MODELS[name].name, name)
    return tuple(by_model.values())
