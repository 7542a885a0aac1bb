"""Rules of one document, of whatever kind, that looks right by its schema."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument
from slicewise.documents.rules.deployment import check_deployment
from slicewise.documents.rules.environment import check_environment
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.served_model import check_model


def check_document(document: AnyDocument) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, `document` without looking at any other."""
    if isinstance(document, InferenceEnvironment):
        return check_environment(document)
    if isinstance(document, ModelDeployment):
        return check_deployment(document)
    return check_model(document.spec)
