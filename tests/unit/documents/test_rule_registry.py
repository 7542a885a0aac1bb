"""The registry of rules: what a rule needs is a field of the schema; a broken field silences the rules that need it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from slicewise.documents.environment import NodePool
from slicewise.documents.rules.registry import ENVIRONMENT_RULES, MODEL_RULES
from slicewise.documents.served_model import ServingProfile
from slicewise.documents.unknown_fields import aliases, model_at
from tests.unit.documents.documents import MINIMAL
from tests.unit.documents.loader import Loader

Document = dict[str, Any]
# Seven things are wrong with this pool of a cluster that GKE is to make in us-east4: its name, the label of its nodes,
# the GPUs of its machine, its memory, its zone, its maximum of nodes and a toleration.
WRONG: Document = {
    "name": "1-a",
    "nodeSelector": {"cloud.google.com/gke-nodepool": "other"},
    "acceleratorType": "nvidia-h100-80gb",
    "acceleratorCount": 4,
    "machineType": "a3-highgpu-8g",
    "zones": ["elsewhere-a"],
    "nodeCount": 3,
    "maxNodeCount": 2,
    "tolerations": [{"operator": "Exists", "value": "x"}],
    "capabilities": {"memoryPerGpu": "100Gi", "migConfiguration": {"enabled": False}},
}
_LABEL = 'nodeSelector["cloud.google.com/gke-nodepool"]'
# A field that does not fit the schema -> the fields of which nothing is said then, as it may be what is wrong: GKE's
# labels follow from a pool's name, GPUs, machine and zones, its machines from their type.
SILENCED = {
    "name": {"name", _LABEL},
    "nodeSelector": {_LABEL},
    "acceleratorType": {"acceleratorCount", "capabilities.memoryPerGpu", _LABEL},
    "acceleratorCount": {"acceleratorCount"},
    "machineType": {"acceleratorCount", _LABEL},
    "zones": {"zones[0]", _LABEL},
    "nodeCount": {"zones[0]", "maxNodeCount"},
    "maxNodeCount": {"zones[0]", "maxNodeCount"},
    "tolerations": {"tolerations[0].value"},
}


@pytest.mark.parametrize("field", sorted({field for rule in ENVIRONMENT_RULES for field in rule.fields}))
def test_what_a_rule_of_pools_needs_is_a_field_of_pools(field: str) -> None:
    *parents, name = field.split(".")
    owner = model_at(NodePool, tuple(parents))
    assert owner
    assert name in aliases(owner)


@pytest.mark.parametrize("field", sorted({field for rule in MODEL_RULES for field in rule.fields}))
def test_what_a_rule_of_profiles_needs_is_a_field_of_profiles(field: str) -> None:
    *parents, name = field.split(".")
    owner = model_at(ServingProfile, tuple(parents))
    assert owner
    assert name in aliases(owner)


def said(loader: Loader, pool: Document) -> set[str]:
    """Return of which fields of `pool` an environment on GKE that has it says something."""
    document = copy.deepcopy(MINIMAL["InferenceEnvironment"])
    document["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme-ai", "location": "us-east4"}}
    document["spec"]["nodePools"] = [pool]
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(loader.write(yaml.safe_dump(document)))
    return {problem.field_name.removeprefix("spec.nodePools[0].") for problem in caught.value.problems}


@pytest.mark.parametrize("field", SILENCED)
def test_a_broken_field_silences_the_rules_that_need_it_and_no_other(loader: Loader, field: str) -> None:
    whole = said(loader, WRONG)
    assert whole >= SILENCED[field]
    assert said(loader, {**WRONG, field: 1.5}) == (whole - SILENCED[field]) | {field}
