"""`slicewise explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.documents import deployment, environment, model, pool
from tests.unit.cli.running import DEMO, SHORTFALL, slicewise


def test_every_candidate_is_shown_with_its_verdict() -> None:
    run = slicewise("explain", "team-a/gemma", DEMO)
    assert (run.returncode, run.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in run.stdout.splitlines()]
    assert "fp8-slice on h100-80gb/3g.40gb: fits" in lines
    assert [line for line in lines[: lines.index("Sizes in GiB")] if line.strip(" ─")] == [
        "team-a/gemma: 2 of 2 environments",
        "verdict environment node pool serving profile why",
        "placed mig-a small-models-mig fp8-slice 2 replicas, 2 units, new",
        "placed onprem-b h100-whole bf16-gpu 2 replicas, 2 units, new",
        "rejected mig-a small-models-mig bf16-gpu a slice has 39Gi, needs 72Gi (insufficient-memory)",
        "rejected onprem-b h100-tiny bf16-gpu a slice has 9Gi, needs 72Gi (insufficient-memory)",
        "rejected onprem-b h100-tiny fp8-slice a slice has 9Gi, needs 39Gi (insufficient-memory)",
        "rejected onprem-b h100-whole fp8-slice the pool has whole GPUs; the profile has mig: only (mig-required)",
        "Endpoints",
        "deployment environment in the cluster through the Gateway",
        "team-a/gemma mig-a http://gemma-kserve-workload-svc.team-a.svc.cluster.local:8000 -",
        "team-a/gemma onprem-b http://gemma-kserve-workload-svc.team-a.svc.cluster.local:8000 -",
    ]


def test_a_shortfall_exits_3_and_ends_with_remedies() -> None:
    run = slicewise("explain", "llama", SHORTFALL)
    assert run.returncode == 3
    assert run.stdout.splitlines()[0] == "team-c/llama: 0 of 1 environments [SW501]"
    assert run.stdout.splitlines()[-2:] == [
        "remedy: nodeCount 2 on edge/whole (now 1) would let it run with fp8-tp2",
        "remedy: replicas 1 (now 2) would let it run with fp8-tp2 on edge/whole",
    ]


def test_json_for_tools() -> None:
    run = slicewise("explain", "llama", SHORTFALL, "--output", "json")
    assert run.returncode == 3
    explanation = json.loads(run.stdout)
    assert explanation["deployment"] == {"namespace": "team-c", "name": "llama"}
    assert (explanation["wanted"], explanation["placed"]) == (1, 0)
    assert explanation["candidates"][0] == {
        "environment": "edge",
        "nodePool": "whole",
        "profile": "fp8-tp2",
        "verdict": "too small",
        "code": "capacity",
        "message": "2 of 2 units free, needs 4",
        "facts": {"free": 2, "units": 2, "needs": 4},
    }
    assert [(item["field"], item["value"], item["units"]) for item in explanation["remedies"]] == [
        ("spec.nodePools[whole].nodeCount", 2, 2),
        ("spec.scaling.fixed.replicas", 1, 2),
    ]


def test_an_earlier_plan_is_kept(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(slicewise("plan", DEMO, "--output", "json").stdout)
    run = slicewise("explain", "gemma", DEMO, "--previous", str(tmp_path / "plan.json"))
    assert "2 replicas, 2 units, kept from the earlier plan" in run.stdout


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("gema", 'there is no ModelDeployment "gema"; did you mean team-a/gemma?'),
        ("team-b/gemma", 'there is no ModelDeployment "team-b/gemma"; did you mean team-a/gemma?'),
        ("search/gemma", 'there is no ModelDeployment "search/gemma"; did you mean team-a/gemma?'),
        ("team-b/chat-smal", 'there is no ModelDeployment "team-b/chat-smal"; did you mean team-b/chat-small?'),
        ("zzz", 'there is no ModelDeployment "zzz"; the documents declare team-a/gemma, team-b/chat-small'),
    ],
)
def test_a_deployment_that_is_not_there(written: str, expected: str) -> None:
    run = slicewise("explain", written, DEMO)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.endswith(f"Error: Invalid value: {expected}\n")


def test_a_name_that_two_namespaces_have(tmp_path: Path) -> None:
    twice = [deployment("d", "m", namespace=namespace) for namespace in ("a", "b")]
    documents = [environment("e", pool("p")), model("m"), *twice]
    (tmp_path / "fleet.yaml").write_text("\n---\n".join(map(json.dumps, documents)))
    run = slicewise("explain", "d", str(tmp_path))
    assert run.returncode == 2
    assert '"d" may be a/d or b/d; write which' in run.stderr
    assert slicewise("explain", "b/d", str(tmp_path)).returncode == 0


def test_invalid_documents_come_first() -> None:
    run = slicewise("explain", "gemma", "nowhere")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.endswith("[SW101]\n")
