"""Whether a model fits a slice or a GPU: weights and key-value cache exactly, the rest of vLLM's memory as an envelope.

    architecture = read_architecture(json.loads(text))        # a model's config.json
    options = read_options(["--max-model-len=16384"])         # vLLM's arguments
    found = size(architecture, options, Unit(41_420_849_152, is_slice=True), parse_version("0.23.0"))
    found.verdict                                             # FitVerdict.FITS

Pure functions, that know the catalogue of GPUs and documents at most. `engine_memory` and `FitJudge` are `size` in two
steps, for many units. docs/sizing.md explains what counts.

Most fleets do not say what their models are made of. So what computes that is loaded when it is asked for: modules that
every program loads write `sizing.size`, and import by name only what is light.
"""

from typing import TYPE_CHECKING

from slicewise.sizing.engine_environment import memory_variables
from slicewise.sizing.engine_options import EngineOptions, read_options, split_arguments
from slicewise.sizing.misspelt_options import misspelt_option
from slicewise.sizing.uncomputed import Changes, Uncomputed
from slicewise.sizing.units import OfferedUnit, Unit, slice_of
from slicewise.sizing.vllm_options import SHORT, full_name
from slicewise.sizing.vllm_versions import KSERVE_PRESET, VllmVersion, parse_version
from slicewise.sources import lazy_attributes

if TYPE_CHECKING:
    from slicewise.sizing.architecture import Architecture
    from slicewise.sizing.checkpoint import checkpoint_differs, stored_bytes
    from slicewise.sizing.engines import EngineMemory, engine_memory
    from slicewise.sizing.judging import FitJudge
    from slicewise.sizing.overhead import Range
    from slicewise.sizing.reading import KNOWN_MODEL_TYPES, UnknownModelTypeError, read_architecture
    from slicewise.sizing.remedies import SureOffer, offer_order, sure_memory, sure_offer
    from slicewise.sizing.results import FitVerdict, Sizing, SizingReason
    from slicewise.sizing.sizing import decisive_reason, judged_sizing, not_judged, size

__all__ = [
    "KNOWN_MODEL_TYPES",
    "KSERVE_PRESET",
    "SHORT",
    "Architecture",
    "Changes",
    "EngineMemory",
    "EngineOptions",
    "FitJudge",
    "FitVerdict",
    "OfferedUnit",
    "Range",
    "Sizing",
    "SizingReason",
    "SureOffer",
    "Uncomputed",
    "Unit",
    "UnknownModelTypeError",
    "VllmVersion",
    "checkpoint_differs",
    "decisive_reason",
    "engine_memory",
    "full_name",
    "judged_sizing",
    "memory_variables",
    "misspelt_option",
    "not_judged",
    "offer_order",
    "parse_version",
    "read_architecture",
    "read_options",
    "size",
    "slice_of",
    "split_arguments",
    "stored_bytes",
    "sure_memory",
    "sure_offer",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Architecture": "architecture",
        "checkpoint_differs": "checkpoint",
        "stored_bytes": "checkpoint",
        "EngineMemory": "engines",
        "engine_memory": "engines",
        "FitJudge": "judging",
        "Range": "overhead",
        "KNOWN_MODEL_TYPES": "reading",
        "UnknownModelTypeError": "reading",
        "read_architecture": "reading",
        "SureOffer": "remedies",
        "offer_order": "remedies",
        "sure_memory": "remedies",
        "sure_offer": "remedies",
        "FitVerdict": "results",
        "Sizing": "results",
        "SizingReason": "results",
        "decisive_reason": "sizing",
        "judged_sizing": "sizing",
        "not_judged": "sizing",
        "size": "sizing",
    },
)
