"""A rule of credentials that only the engine has: what downloads the weights does not see its variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.environment_variables import EnvironmentVariable
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import S3, Repository, Weights
from slicewise.documents.pod import StorageInitializer
from slicewise.documents.rules.credentials_once import SET_BY_BLOCK


def check_credentials_of_download(
    env: Sequence[EnvironmentVariable],
    storage: StorageInitializer,
    weights: Weights | None,
    lora: Lora | None,
    path: FieldPath,
) -> Iterator[Diagnostic]:
    """Yield the credentials among an engine's variables that what downloads the weights needs and does not have.

    Args:
        env: The engine's variables.
        storage: What fetches the weights; without it the engine does, with its own variables.
        weights: Where they come from; None where that is wrong.
        lora: The adapters, whose credentials the download has, too.
        path: Where `env` is.
    """
    if storage.enabled is False or storage.env_from or not isinstance(weights, Repository | S3):
        return
    block = "huggingFace" if isinstance(weights, Repository) else "s3"
    adapters = lora.adapters if lora else ()
    others = [each.hugging_face if block == "huggingFace" else each.s3 for each in adapters]
    if any(each.secret_ref for each in (weights, *others) if each):
        return
    there = {variable.name for variable in storage.env}
    for number, variable in enumerate(env):
        if SET_BY_BLOCK.get(variable.name) == block and variable.name not in there:
            message = f"the engine alone has {variable.name}, and the container that downloads the weights does not"
            remedy = f"name the Secret in spec.{block}.secretRef, and leave the variable out here"
            field = (*path, number, "name")
            yield Diagnostic.warning(Code.CREDENTIAL_OF_THE_ENGINE_ALONE, message, remedy, field=field)
