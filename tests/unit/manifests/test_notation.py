"""How a document is written changes nothing: no name, no revision, no line of a manifest, no output of the stack."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slicewise.documents import load_fleet
from slicewise.manifests import environment_objects
from slicewise.planning import Rejections, make_plan, plan_to_outputs
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.manifests.notation import rewritten
from tests.unit.planning.strategies import fleets, steady

SECRET = {"name": "hugging-face", "key": "token"}
ENGINE = {"image": "vllm:1", "args": ["--max-model-len=16384", "--x= 'a' \"b\""]}
GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
TAINTS = [
    {"key": "team", "value": "a", "effect": "NoExecute", "tolerationSeconds": 60},
    {"key": "spot", "effect": "NoSchedule"},
    {"key": "batch", "operator": "Exists"},
]


@st.composite
def decorated(draw: st.DrawFn) -> list[Document]:
    """Draw the documents of a fleet with all that comes into a manifest."""
    documents = draw(fleets())
    for document in documents:
        spec = document["spec"]
        for each in spec.get("nodePools", []):
            each["nodeSelector"] |= draw(st.sampled_from([{}, {"zone": "a", "arch": "amd64"}]))
            each["tolerations"] = draw(st.lists(st.sampled_from([GPU_TAINT, *TAINTS]), unique_by=repr))
        for each in spec.get("serving", []):
            each["engine"] = draw(st.sampled_from([{}, ENGINE, {"args": ["--enforce-eager"]}]))
            topology = each["replicaTopology"]
            topology |= draw(st.sampled_from([{}, {"spread": "none"}]))
            if topology["nodes"] == 2 and topology["gpusPerNode"] == 4:
                topology["parallelism"] = {"data": 8, "dataLocal": 4, "expert": True}
        if "huggingFace" in spec:
            spec["huggingFace"] |= draw(st.sampled_from([{}, {"secretRef": SECRET, "revision": "v2"}]))
    return documents


def rendered(texts: list[str]) -> dict[str, Any]:
    """Return all that a preview shows of the documents in `texts`, a file each."""
    with tempfile.TemporaryDirectory() as directory:
        for number, text in enumerate(texts):
            Path(directory, f"{number}.yaml").write_text(text, encoding="utf-8")
        fleet = load_fleet([directory])
    plan = make_plan(fleet)
    objects = environment_objects(fleet, plan)
    files = {
        name: [yaml.dump(item, Dumper=yaml.CSafeDumper, sort_keys=False) for item in items]
        for name, items in objects.items()
    }
    assert not any("&id" in text for texts_ in files.values() for text in texts_), "an anchor: two places share a part"
    outputs = plan_to_outputs(fleet, plan, Rejections(fleet, plan))
    # A warning says where it is: the number of a pool in its list. And it may be about the notation itself (SW325).
    warnings = sorted(
        (item["code"], item["message"]) for item in outputs.pop("warnings").values() if item["code"] != "SW325"
    )
    return {"files": files, "outputs": outputs, "warnings": warnings}


def plainly(documents: list[Document]) -> list[str]:
    return [yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False)]


@pytest.mark.long
@steady
@given(decorated(), st.integers(0, 2**32))
def test_no_notation_changes_what_is_rendered(documents: list[Document], seed: int) -> None:
    texts = rewritten(documents, seed)
    assert rendered(texts) == rendered(plainly(documents)), "\n".join(texts)


WHOLE = pool("whole", nodeCount=2, multiNodeCapable=True, tolerations=TAINTS, nodeSelector={"pool": "w", "arch": "a"})
GATED = model("big", profile("two", nodes=2, gpusPerNode=8, memoryPerGpu="79Gi") | {"engine": ENGINE}, memory="1Ti")
SMALL = model("small", profile("one", memoryPerGpu="9Gi", precisionSupport=["fp8", "bf16"]), cpu="2500m")
FLEET = [
    environment("a", WHOLE, slices("cut", "3g.40gb", precisionSupport=["bf16", "fp8"]), labels={"x": "1", "y": "2"}),
    GATED,
    SMALL,
    deployment("big", "big", nodePoolSelector={}),
    deployment("small", "small", scaling={"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 10}}),
]


@pytest.mark.parametrize("seed", range(25))
def test_a_fleet_with_everything_in_many_notations(seed: int) -> None:
    assert rendered(rewritten(FLEET, seed)) == rendered(plainly(FLEET))


def test_what_follows_from_the_rest_may_be_written_out() -> None:
    """Sizes that are those of the topology, slices that the catalogue knows, a name in requests that is the model's."""
    written = deepcopy(FLEET)
    declared, gated, small, *deployments = written
    declared["spec"]["cluster"]["existing"]["secretRef"]["key"] = "kubeconfig"
    whole, cut = declared["spec"]["nodePools"]
    whole |= {"maxNodeCount": whole["nodeCount"], "zones": [], "machineType": None, "diskSizeGb": None}
    cut["capabilities"]["migConfiguration"]["slicesPerGpu"] = 2
    one = {"data": 1, "dataLocal": 1, "expert": False}
    gated["spec"]["serving"][0]["replicaTopology"]["parallelism"] = {"tensor": 8, "pipeline": 2, **one}
    small["spec"]["serving"][0]["replicaTopology"]["parallelism"] = {"tensor": 1, "pipeline": 1, **one}
    for each, name in zip(deployments, ("big", "small"), strict=True):
        each["spec"] |= {"servedModelName": name, "modelRef": {"name": name, "kind": "ClusterModel"}}
    assert rendered(plainly(written)) == rendered(plainly(FLEET))


def test_what_is_rendered_shares_no_part() -> None:
    """One list or mapping in two places is an anchor in YAML, and whoever changes one object changes another."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "fleet.yaml").write_text(plainly(FLEET)[0], encoding="utf-8")
        fleet = load_fleet([directory])
    plan = make_plan(fleet)
    # Twice, so that nothing that is kept between two renderings is given away either.
    everything = [environment_objects(fleet, plan), environment_objects(fleet, plan)]
    parts = list(_collections(everything))
    assert len({id(part) for part in parts}) == len(parts)
    assert "&id" not in yaml.safe_dump(everything)


def _collections(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _collections(item)
