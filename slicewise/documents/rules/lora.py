"""Rules of LoRA adapters: names that requests tell apart, sources that KServe takes, arguments that it sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.base import DNS_LABEL
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.lora import ADAPTER_SOURCES, ADAPTER_VOLUME, Lora, LoraAdapter
from slicewise.documents.model_source import S3, ModelSource, Repository, Weights
from slicewise.documents.rules.model_source import check_blocks
from slicewise.documents.rules.references import REFERENCE
from slicewise.documents.served_model import ModelSpec, ServingProfile
from slicewise.sizing import full_name

LORA: Final[FieldPath] = ("spec", "lora")
ADAPTERS: Final[FieldPath] = (*LORA, "adapters")
_LONGEST_VOLUME: Final = 63
# vLLM's own (vllm/config/lora.py).
_AT_A_TIME: Final = 1


def check_lora(lora: Lora, model_name: str | None, weights: Weights | None) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, the adapters of a model.

    Args:
        lora: The adapters.
        model_name: What clients call the model itself.
        weights: Where its own weights come from; None where that is wrong.
    """
    first: dict[str, int] = {}
    for number, adapter in enumerate(lora.adapters):
        at = (*ADAPTERS, number)
        known = first.setdefault(adapter.name, number)
        if known != number:
            message = f'"{adapter.name}" is the name of adapters[{known}] already'
            yield Diagnostic.error(Code.ADAPTER_NAME, message, "choose another name", field=(*at, "name"), first=known)
        if adapter.name == model_name:
            message = f'"{adapter.name}" is what clients call the model itself, so requests cannot tell the two apart'
            yield Diagnostic.error(Code.ADAPTER_NAME, message, "choose another name", field=(*at, "name"))
        yield from _check_weights(adapter, at)
    yield from _check_credentials(lora, weights)
    yield from _check_number(lora)


def check_name_beside_adapters(deployment: ModelDeployment, model: ModelSpec) -> Iterator[Diagnostic]:
    """Yield that a deployment serves its model under the name of one of its adapters."""
    name = deployment.spec.served_model_name
    if name is not None and model.lora and name in {adapter.name for adapter in model.lora.adapters}:
        message = (
            f'servedModelName "{name}" is the name of an adapter of this model, so requests cannot tell them apart'
        )
        yield Diagnostic.error(Code.ADAPTER_NAME, message, "choose another name", field=REFERENCE)


def _check_weights(adapter: LoraAdapter, at: FieldPath) -> Iterator[Diagnostic]:
    present = frozenset(each for each in ADAPTER_SOURCES if getattr(adapter, each.attribute) is not None)
    if adapter.source is None and len(present) != 1:
        blocks = ", ".join(each.block for each in ADAPTER_SOURCES)
        message = f"an adapter has exactly one of the blocks {blocks}"
        yield Diagnostic.error(Code.SOURCE_BLOCK, message, "keep or add one", field=at, blocks=len(present))
        return
    source = next(iter(present)) if adapter.source is None else ModelSource(adapter.source)
    yield from check_blocks(source, present, at)
    volume = f"{ADAPTER_VOLUME}{adapter.name}"
    fits = DNS_LABEL.fits(volume) and len(volume) <= _LONGEST_VOLUME
    if source is ModelSource.PERSISTENT_VOLUME_CLAIM and not fits:
        allowed = f"at most {_LONGEST_VOLUME} characters there ({DNS_LABEL.expected})"
        message = f'KServe calls the volume "{volume}", and Kubernetes takes {allowed}'
        remedy = "write the name so, or take the adapter from S3 or Hugging Face"
        field = (*at, "name")
        yield Diagnostic.error(Code.ADAPTER_NAME, message, remedy, field=field, most=_LONGEST_VOLUME)


def _check_credentials(lora: Lora, weights: Weights | None) -> Iterator[Diagnostic]:
    """Yield the Secrets that are not the first of their kind: one init container downloads everything."""
    first: dict[str, object] = {}
    if isinstance(weights, Repository | S3) and weights.secret_ref:
        first["huggingFace" if isinstance(weights, Repository) else "s3"] = weights.secret_ref
    for number, adapter in enumerate(lora.adapters):
        for block, there in (("huggingFace", adapter.hugging_face), ("s3", adapter.s3)):
            if there and there.secret_ref and first.setdefault(block, there.secret_ref) != there.secret_ref:
                message = "one container downloads the model and its adapters, and another Secret is named already"
                remedy = "name the same Secret everywhere, with rights to all of them"
                at = (*ADAPTERS, number, block, "secretRef")
                yield Diagnostic.error(Code.SEVERAL_CREDENTIALS, message, remedy, field=at)


def _check_number(lora: Lora) -> Iterator[Diagnostic]:
    number, most = len(lora.adapters), lora.max_adapters or _AT_A_TIME
    if number > most:
        message = (
            f"{number} adapters, and one batch may use {most}: requests for the others wait, and the engine loads "
            "adapters again and again"
        )
        remedy = f"write maxAdapters: {number}, for which the engine takes memory before it starts"
        yield Diagnostic.warning(
            Code.FEW_ADAPTERS, message, remedy, field=(*LORA, "maxAdapters"), adapters=number, most=most
        )


def check_lora_arguments(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the arguments of the profile at `path` that KServe sets, because its model has adapters."""
    for number, option in _options(profile.engine.args):
        if option == "lora-modules":
            message = "where --lora-modules is among the arguments, KServe adds none of the adapters of spec.lora"
            remedy = "write these adapters into spec.lora.adapters, too"
            yield Diagnostic.error(Code.LORA_ARGUMENT, message, remedy, field=(*path, "engine", "args", number))


def _options(arguments: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, argument in enumerate(arguments):
        if argument.startswith("--"):
            yield number, full_name(argument[2:].partition("=")[0].replace("_", "-"))
