"""The command line as its users meet it: a process, its exit code, what it prints where."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import deployment, each_rejection, environment, model, pool, quota
from tests.unit.cli.running import COMMANDS, DEMO, GKE_MIXED, SHORTFALL, in_process, slicewise


def test_plan_json_has_the_contracts_keys() -> None:
    run = slicewise("plan", DEMO, "--output", "json")
    assert (run.returncode, run.stderr) == (0, "")
    plan = json.loads(run.stdout)
    assert list(plan)[:4] == ["placements", "shortfalls", "nodePools", "warnings"]
    assert plan["changes"] is None
    first = plan["placements"][0]
    parts = first.pop("parts")
    assert (parts["replicas"], parts["source"]) == ("2", "hf://google/gemma-3-27b-it:main")
    assert first == {
        "deployment": {"namespace": "team-a", "name": "gemma"},
        "environment": "mig-a",
        "nodePool": "small-models-mig",
        "profile": "fp8-slice",
        "replicas": 2,
        "nodesPerReplica": 1,
        "gpusPerNode": 1,
        "units": 2,
        "resource": {"name": "nvidia.com/mig-3g.40gb", "count": 1},
        "migProfile": "3g.40gb",
        "nodes": "#d44619dc",
        "retained": False,
        "endpoint": {"inCluster": "http://gemma-kserve-workload-svc.team-a.svc.cluster.local:8000", "external": None},
    }
    assert plan["nodePools"][0] == {
        "environment": "mig-a",
        "nodePool": "small-models-mig",
        "resource": "nvidia.com/mig-3g.40gb",
        "unitsPerNode": 16,
        "nodes": 1,
        "units": 16,
        "allocated": 2,
        "reserved": 0,
        "free": 14,
        "shortOf": [],
    }
    assert plan["warnings"] == []


def test_short_options() -> None:
    whole = slicewise("-h").stdout
    assert whole == slicewise("--help").stdout
    assert "plan" in whole
    for command in COMMANDS:
        shown = in_process(command, "-h").stdout
        assert shown == in_process(command, "--help").stdout
        assert "Usage" in shown
    assert slicewise("plan", DEMO, "-o", "json").stdout == slicewise("plan", DEMO, "--output", "json").stdout


def test_the_mistake_of_gke_is_a_stack_of_its_own() -> None:
    run = slicewise("plan", GKE_MIXED, "--output", "json")
    assert run.returncode == 0
    (warning,) = json.loads(run.stdout)["warnings"]
    assert set(warning) == {"code", "path", "message", "facts"}
    assert warning["code"] == "SW302"


def test_the_warnings_remedy_is_the_whole_mend(tmp_path: Path) -> None:
    mended = Path(GKE_MIXED, "fleet.yaml").read_text(encoding="utf-8").replace("strategy: mixed", "strategy: single")
    (tmp_path / "fleet.yaml").write_text(mended, encoding="utf-8")
    run = slicewise("plan", str(tmp_path), "--output", "json")
    plan = json.loads(run.stdout)
    assert (run.returncode, plan["warnings"]) == (0, [])
    assert plan["placements"][0]["resource"] == {"name": "nvidia.com/gpu", "count": 1}


def test_the_seeds_slip_is_counted_right() -> None:
    """1g.10gb: seven a GPU by NVIDIA's table, so 56 on a node of eight H100s, not 28."""
    plan = json.loads(slicewise("plan", DEMO, "--output", "json").stdout)
    (tiny,) = (pool for pool in plan["nodePools"] if pool["nodePool"] == "h100-tiny")
    assert tiny["unitsPerNode"] == 56


def test_the_seeds_pool_loads_plans_and_renders(tmp_path: Path) -> None:
    seed = str(Path(__file__).with_name("seed.yaml"))
    assert slicewise("validate", seed).returncode == 0
    plan = json.loads(slicewise("plan", seed, "--output", "json").stdout)
    # Two slices a GPU, eight GPUs a node, four nodes: 2 x 8 units a node, 64 in all.
    (pool,) = plan["nodePools"]
    assert (pool["unitsPerNode"], pool["nodes"], pool["units"]) == (16, 4, 64)
    assert (pool["allocated"], pool["free"]) == (2, 62)
    assert slicewise("render", seed, "--output-dir", str(tmp_path)).returncode == 0
    (service,) = rendered(tmp_path).values()
    limits = service["spec"]["template"]["containers"][0]["resources"]["limits"]
    assert limits["nvidia.com/mig-3g.40gb"] == "1"


def test_the_seeds_selected_pool_loads_and_plans_with_a_warning_of_gke() -> None:
    """It selects GKE's slices and leaves the strategy at mixed, which GKE's own device plugin never advertises."""
    seed = str(Path(__file__).with_name("seed-selected.yaml"))
    run = slicewise("validate", seed)
    assert (run.returncode, sorted(line[-7:] for line in run.stderr.splitlines())) == (0, ["[SW301]", "[SW302]"])
    (pool,) = json.loads(slicewise("plan", seed, "--output", "json").stdout)["nodePools"]
    assert (pool["unitsPerNode"], pool["nodes"], pool["units"], pool["allocated"]) == (16, 8, 128, 2)


def test_shortfall_exits_3_and_says_why_for_every_pool() -> None:
    run = slicewise("plan", SHORTFALL, "--output", "json")
    assert run.returncode == 3
    plan = json.loads(run.stdout)
    (shortfall,) = plan["shortfalls"]
    assert (shortfall["deployment"], shortfall["wanted"], shortfall["placed"]) == (
        {"namespace": "team-c", "name": "llama"},
        1,
        0,
    )
    assert [(item["nodePool"], item["profile"], item["code"]) for item in each_rejection(plan)] == [
        ("slices", "bf16-tp4", "insufficient-memory"),
        ("slices", "fp8-tp2", "insufficient-memory"),
        ("whole", "bf16-tp4", "gpus-per-node"),
        ("whole", "fp8-tp2", "capacity"),
    ]
    assert each_rejection(plan)[3]["message"] == "2 of 2 units free, needs 4"


@pytest.mark.parametrize("short", [{"cpu": "4"}, {"memory": "16Gi"}, {"pods": 1}])
def test_yaml_is_the_same_plan_where_something_is_short(short: dict[str, object], tmp_path: Path) -> None:
    plenty = {"cpu": "400", "memory": "1Ti"}
    documents = [environment("one", pool("p", allocatable=plenty | short)), model("m"), deployment("a", "m")]
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    as_json, as_yaml = (in_process("plan", str(path), "--output", form).stdout for form in ("json", "yaml"))
    assert yaml.safe_load(as_yaml) == json.loads(as_json)
    assert json.loads(as_json)["nodePools"][0]["shortOf"] != []


def test_yaml_is_the_same_plan() -> None:
    as_json, as_yaml = (slicewise("plan", DEMO, "--output", form).stdout for form in ("json", "yaml"))
    assert yaml.safe_load(as_yaml) == json.loads(as_json)


def test_yaml_writes_a_reason_of_several_profiles_out_for_each() -> None:
    shown = in_process("plan", SHORTFALL, "--output", "yaml").stdout
    shortfalls = yaml.safe_load(shown)["shortfalls"]
    facts = [str(each["facts"]) for shortfall in shortfalls for each in shortfall["rejections"]]
    assert len(set(facts)) < len(facts)
    assert re.search("[&*]id[0-9]", shown) is None


def test_table_is_plain_in_a_pipe() -> None:
    run = slicewise("plan", SHORTFALL)
    assert run.returncode == 3
    assert "\x1b" not in run.stdout
    assert "Nothing is placed." in run.stdout
    assert run.stdout.count("was not checked for 1 of 1 model") == 1
    assert run.stdout.partition("Not placed everywhere\n")[2].splitlines() == [
        "  team-c/llama: 0 of 1 environments [SW501]",
        "    edge/slices with bf16-tp4: a slice has 39Gi, needs 70Gi (insufficient-memory)",
        "    edge/slices with fp8-tp2: a slice has 39Gi, needs 70Gi (insufficient-memory)",
        "    edge/whole with bf16-tp4: a node has 2 GPUs, needs 4 (gpus-per-node)",
        "    edge/whole with fp8-tp2: 2 of 2 units free, needs 4 (capacity)",
        # Two replicas of two GPUs each, on nodes of two.
        "    remedy: nodeCount 2 on edge/whole (now 1) would let it run with fp8-tp2",
        "    remedy: replicas 1 (now 2) would let it run with fp8-tp2 on edge/whole",
        "",
    ]


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_invalid_input_exits_2_with_one_line_a_mistake(command: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("kind: Model\n---\n- 1\n")
    run = slicewise(command, str(tmp_path), "nowhere")
    assert run.returncode == 2
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["[SW108]", "[SW107]", "[SW101]"]
    assert lines[0].startswith(f"{tmp_path}/bad.yaml:1:1: ")
    assert lines[1].startswith(f"{tmp_path}/bad.yaml:3:1: ")


def test_standard_input() -> None:
    documents = b"\n---\n".join(path.read_bytes() for path in sorted(Path(DEMO).iterdir()))
    from_stdin = slicewise("plan", "-", "--output", "json", stdin=documents)
    assert from_stdin.stdout == slicewise("plan", DEMO, "--output", "json").stdout
    assert "<stdin>:1:1: " in slicewise("plan", "-", stdin=b"kind: Model").stderr


def test_validate_counts_what_it_read() -> None:
    run = slicewise("validate", DEMO)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "valid: 2 environments, 2 models, 2 deployments\n"


def test_validate_counts_warnings() -> None:
    run = slicewise("validate", GKE_MIXED)
    (warning,) = run.stderr.splitlines()
    strategy = "spec.nodePools[0].capabilities.migConfiguration.strategy"
    assert warning.startswith(f"warning: InferenceEnvironment gke-a: {strategy}: ")
    assert warning.endswith("[SW302]")
    assert run.returncode == 0
    assert run.stdout.splitlines()[0] == "valid: 1 environment, 1 model, 1 deployment, 1 warning"


def test_quotas_are_counted(tmp_path: Path) -> None:
    (tmp_path / "quota.yaml").write_text(yaml.safe_dump(quota("team", {"units": 100})), encoding="utf-8")
    assert (
        slicewise("validate", DEMO, str(tmp_path)).stdout == "valid: 2 environments, 2 models, 2 deployments, 1 quota\n"
    )


def test_previous_keeps_what_was_placed(tmp_path: Path) -> None:
    earlier = tmp_path / "plan.json"
    earlier.write_text(slicewise("plan", DEMO, "--output", "json").stdout)
    plan = json.loads(slicewise("plan", DEMO, "--output", "json", "--previous", str(earlier)).stdout)
    assert [placement["retained"] for placement in plan["placements"]] == [True, True, True]


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"placements": [{"deployment": 1}]}', "[" * 100_000])
def test_a_previous_plan_that_is_none(tmp_path: Path, content: str | None) -> None:
    earlier = tmp_path / "plan.json"
    if content is not None:
        earlier.write_text(content)
    run = slicewise("plan", DEMO, "--previous", str(earlier))
    assert run.returncode == 2
    assert all("[SW109]" in line and str(earlier) in line for line in run.stderr.splitlines())


def rendered(directory: Path) -> dict[str, dict[str, Any]]:
    """Return the files below `directory` with the objects in them."""
    files = sorted(path for path in directory.glob("*/*") if path.name != "kustomization.yaml")
    return {str(path.relative_to(directory)): yaml.safe_load(path.read_text()) for path in files}


def test_render_writes_a_directory_an_environment(tmp_path: Path) -> None:
    run = slicewise("render", DEMO, "--output-dir", str(tmp_path / "out"))
    assert (run.returncode, run.stdout) == (0, f"wrote 3 manifests to {tmp_path / 'out'}\n")
    files = rendered(tmp_path / "out")
    assert list(files) == [
        "mig-a/team-a.llminferenceservice.gemma.yaml",
        "onprem-b/team-a.llminferenceservice.gemma.yaml",
        "onprem-b/team-b.llminferenceservice.chat-small.yaml",
    ]
    assert {item["kind"] for item in files.values()} == {"LLMInferenceService"}


def test_render_into_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = slicewise("render", DEMO, "--output-dir", str(tmp_path / "file"))
    assert run.returncode == 2
    assert "cannot be written" in run.stderr
    assert "[SW110]" in run.stderr


@pytest.mark.parametrize("kind", ["InferenceEnvironment", "ClusterModel", "Model", "ModelDeployment"])
def test_schema_is_a_json_schema(kind: str) -> None:
    schema = json.loads(slicewise("schema", kind).stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["kind"]["const"] == kind


def test_help_teaches() -> None:
    shown = slicewise("--help").stdout
    for word in ("plan", "explain", "validate", "render", "schema", "Exit codes"):
        assert word in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example_and_is_plain_in_a_pipe(command: str) -> None:
    shown = slicewise(command, "--help").stdout
    assert f"Example: slicewise {command}" in shown
    assert shown.isascii()


def test_no_command_shows_the_help() -> None:
    assert "Usage" in slicewise().stdout + slicewise().stderr
