"""Which declared fields are otherwise in what the API server makes of an object."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.clusters.verify.services.rewritten_fields import rewritten

DECLARED: dict[str, Any] = {
    "replicas": 3,
    "template": {"nodeSelector": {"a.b/c": "x"}, "containers": [{"name": "main", "resources": {"cpu": "4"}}]},
}
TEMPLATE: dict[str, Any] = DECLARED["template"]
MAIN = {"name": "main", "resources": {"cpu": "4"}}


@pytest.mark.parametrize(
    ("made", "paths"),
    [
        (DECLARED, []),
        # What is beside the declared fields is none, within the elements of a list, too.
        ({**DECLARED, "more": 1, "template": {**TEMPLATE, "containers": [{**MAIN, "image": "a"}]}}, []),
        ({**DECLARED, "replicas": 2}, [("replicas",)]),
        ({"template": TEMPLATE}, [("replicas",)]),
        (
            {"replicas": 2, "template": {**TEMPLATE, "nodeSelector": {"a.b/c": "y"}}},
            [("replicas",), ("template", "nodeSelector", "a.b/c")],
        ),
        ({**DECLARED, "template": "none"}, [("template",)]),
        # A list is one field.
        (
            {**DECLARED, "template": {**TEMPLATE, "containers": [MAIN, {"name": "proxy"}]}},
            [("template", "containers")],
        ),
        (
            {**DECLARED, "template": {**TEMPLATE, "containers": [{"name": "main", "resources": {"cpu": "2"}}]}},
            [("template", "containers")],
        ),
    ],
)
def test_the_fields_that_come_out_otherwise(made: dict[str, Any], paths: list[tuple[str, ...]]) -> None:
    assert list(rewritten(DECLARED, made)) == paths
