"""Rules of one document, of whatever kind, that looks right by its schema."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.spec.checks.deployment import check_deployment
from slicewise.spec.checks.environment import check_environment
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.model import check_model
from slicewise.spec.deployment import ModelDeployment
from slicewise.spec.environment import InferenceEnvironment
from slicewise.spec.fleet import AnyDocument


def check_document(document: AnyDocument) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, `document` without looking at any other."""
    if isinstance(document, InferenceEnvironment):
        return check_environment(document)
    if isinstance(document, ModelDeployment):
        return check_deployment(document)
    return check_model(document.spec)
