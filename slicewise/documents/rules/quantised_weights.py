"""Models whose weights alone are quantised: vLLM computes in fp16 or bf16, whatever the weights are packed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.environment import QUANTISED, Precision
from slicewise.documents.served_model import ServingProfile

# vLLM's --quantization for weights alone (docs.vllm.ai, Quantization). FP8 is not among them: Hopper computes in it.
_METHODS: Final = {
    **dict.fromkeys(("awq", "awq_marlin"), "AWQ"),
    **dict.fromkeys(("gptq", "gptq_marlin"), "GPTQ"),
    "gguf": "GGUF",
    "bitsandbytes": "bitsandbytes",
}
# As repositories are called: Qwen2.5-7B-Instruct-GPTQ-Int8, Llama-3.1-8B-Instruct-quantized.w4a16.
_IN_A_NAME: Final = re.compile(r"(?<![a-z0-9])(awq|gptq|gguf|bnb|w[48]a16)(?![a-z0-9])", re.IGNORECASE)
_OPTION: Final = re.compile(r"(?:--quantization|-q)(?:[=\s]\s*(?P<value>\S+))?")


def check_quantised_weights(profile: ServingProfile, repository: str, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that a profile asks for GPUs which compute in the format of its weights, where no GPU has to.

    Args:
        profile: The serving profile.
        repository: The repository of its model's weights.
        path: Where the profile is.
    """
    required = profile.replica_topology.requires.precision_support
    method = _method(profile.engine.args) or _named(repository)
    # No GPU computes a model in int4: 4-bit weights are unpacked.
    unneeded = required & (QUANTISED if method else {Precision.INT4})
    if unneeded:
        formats = " and ".join(sorted(unneeded))
        what = f"{method} packs the weights alone" if method else "4-bit weights (AWQ, GPTQ) are unpacked"
        message = (
            f"{what}, and vLLM computes in fp16 or bf16, so the GPU need not compute in {formats}: asking for it only "
            "rules out pools that would do"
        )
        remedy = "write [fp16] or [bf16], whichever is the model's dtype"
        yield Diagnostic.warning(
            Code.WEIGHTS_ALONE, message, remedy, field=(*path, "replicaTopology", "requires", "precisionSupport")
        )


def _method(arguments: tuple[str, ...]) -> str | None:
    for number, argument in enumerate(arguments):
        if option := _OPTION.fullmatch(argument):
            value = option["value"] or next(iter(arguments[number + 1 :]), "")
            return _METHODS.get(value.lower())
    return None


def _named(repository: str) -> str | None:
    found = _IN_A_NAME.search(repository)
    return found[1].upper() if found else None
