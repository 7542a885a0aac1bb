"""The outputs of a stack that plans: the plan, which revision it is, and what it was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from slicewise.documents import text_digest

from ..stack_config import StackMode
from ..state import DIGEST_OUTPUT, REVISION_OUTPUT

MODE_OUTPUT: Final = "mode"
DOCUMENTS_OUTPUT: Final = "documents"
APPLY_STACKS_OUTPUT: Final = "applyStacks"


def planned_outputs(
    plan: Mapping[str, Any], documents: str, apply_stacks: Mapping[str, str], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the stack's outputs. The revision is that of `before` as long as nothing else in them changes.

    Args:
        plan: The plan as outputs.
        documents: The digest of the documents that it was made from.
        apply_stacks: By environment, the stack that applies it, as far as that is configured.
        before: The stack's outputs as the last `pulumi up` left them.
    """
    outputs = {
        **plan,
        MODE_OUTPUT: StackMode.PLAN.value,
        DOCUMENTS_OUTPUT: documents,
        APPLY_STACKS_OUTPUT: dict(sorted(apply_stacks.items())),
    }
    revision = before.get(REVISION_OUTPUT)
    last = int(revision) if isinstance(revision, int | float) else 0
    if digest_of({**outputs, REVISION_OUTPUT: last}) != before.get(DIGEST_OUTPUT):
        last += 1
    outputs[REVISION_OUTPUT] = last
    return {**outputs, DIGEST_OUTPUT: digest_of(outputs)}


def digest_of(outputs: Mapping[str, Any]) -> str:
    """Return the digest of a plan's outputs but for the digest itself.

    It tells an edit by hand from what was planned. It is not a signature: whoever may write the state can write a new
    digest, too.
    """
    said = {key: each for key, each in outputs.items() if key != DIGEST_OUTPUT}
    return text_digest(json.dumps(_as_stored(said), sort_keys=True))


def _as_stored(value: Any) -> Any:  # noqa: ANN401 - whatever is in outputs
    """Return the value as it comes back from a state: without nulls, and with one form for whole numbers."""
    if isinstance(value, Mapping):
        return {key: _as_stored(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_as_stored(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
