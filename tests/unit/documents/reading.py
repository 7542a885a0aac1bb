"""Documents that files of tests have, and what is said of files."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal

ENVIRONMENT = minimal("InferenceEnvironment")
DEPLOYMENT = minimal("ModelDeployment")
MODEL = minimal("ClusterModel")


def errors(*paths: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(paths)
    return str(caught.value).split("\n")
