"""A rule of Hugging Face: what KServe's storage initializer can read as an address."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import AdapterRepository, HuggingFace, Repository, Weights
from slicewise.documents.pod import StorageInitializer


def check_hub_addresses(
    storage: StorageInitializer, weights: Weights | None, lora: Lora | None
) -> Iterator[Diagnostic]:
    """Yield the repositories without an owner and the revisions with a slash, which KServe v0.20 cannot download.

    Its storage initializer splits `hf://owner/name:revision` at every slash, and fails unless there are two parts
    (kserve_storage.py, `_download_hf`).

    Args:
        storage: What fetches the weights; without it, the engine does, and reads repositories in its own way.
        weights: Where the model's own weights come from; None where that is wrong.
        lora: Its adapters.
    """
    if storage.enabled is False:
        return
    if isinstance(weights, Repository):
        yield from _of_repository(weights, ("spec", "huggingFace"))
    for number, adapter in enumerate(lora.adapters if lora else ()):
        if adapter.hugging_face:
            yield from _of_repository(adapter.hugging_face, ("spec", "lora", "adapters", number, "huggingFace"))


def _of_repository(weights: HuggingFace | AdapterRepository, at: FieldPath) -> Iterator[Diagnostic]:
    owner, slash, _ = weights.repo.partition("/")
    if not slash:
        message = f"{quoted(owner)} has no owner: KServe v0.20 reads hf://owner/name only, and its init container fails"
        remedy = "write owner/name, as the repository's page on the Hub shows it (gpt2 is openai-community/gpt2)"
        yield Diagnostic.error(Code.HUB_ADDRESS, message, remedy, field=(*at, "repo"))
    if "/" in (weights.revision or ""):
        message = (
            f"{quoted(weights.revision or '')} has a slash: KServe v0.20 takes what follows for a part of the "
            "repository's name, and its init container fails"
        )
        remedy = "write the commit that the branch points to, or a tag"
        yield Diagnostic.error(Code.HUB_ADDRESS, message, remedy, field=(*at, "revision"))
