"""A rule of credentials for a download: a Secret of the source and a variable of the initializer are not both one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import S3, Repository, Weights
from slicewise.documents.pod import StorageInitializer

SET_BY_BLOCK: Final = {
    "HF_TOKEN": "huggingFace",
    "AWS_ACCESS_KEY_ID": "s3",
    "AWS_SECRET_ACCESS_KEY": "s3",
}
"""Variables with the block of a document whose secretRef sets each."""


def check_credentials_once(
    storage: StorageInitializer, weights: Weights | None, lora: Lora | None
) -> Iterator[Diagnostic]:
    """Yield the variables of `storage` that a secretRef of the model or an adapter sets already.

    The init container's list would have the name twice, with two values.

    Args:
        storage: What fetches the weights; without it, the engine has the credentials, and its own variables count.
        weights: Where the model's own weights come from; None where that is wrong.
        lora: Its adapters.
    """
    if storage.enabled is False:
        return
    known = [
        weights,
        *(each for adapter in (lora.adapters if lora else ()) for each in (adapter.hugging_face, adapter.s3)),
    ]
    stores = [each for each in known if isinstance(each, Repository | S3) and each.secret_ref]
    blocks = {"huggingFace" if isinstance(each, Repository) else "s3" for each in stores}
    for number, variable in enumerate(storage.env):
        block = SET_BY_BLOCK.get(variable.name)
        if block in blocks:
            message = f"{variable.name} is set by {block}.secretRef already, and a container has a variable once"
            remedy = f"leave it out here, or leave {block}.secretRef out everywhere in the model"
            field = ("spec", "storageInitializer", "env", number, "name")
            yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=field)
