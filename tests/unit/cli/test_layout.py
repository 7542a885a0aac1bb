"""`slicewise layout` without documents: the contract's keys, exit codes, and what is wrong with what is asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import deployment, environment, model, profile, slices
from tests.unit.cli.running import in_process


@pytest.fixture(autouse=True)
def _time_for_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proved here takes milliseconds, and OR-Tools seconds to be imported where the machine is busy."""
    monkeypatch.setattr("slicewise.cli.layout._SECONDS", 300.0)


ASKED = ("--gpu", "a100-80gb", "--slices", "1g.10gb=5,3g.40gb=2")


def answer(*words: str, code: int = 0) -> dict[str, Any]:
    run = in_process("layout", *words, "--output", "json")
    assert run.returncode == code, run.stderr
    found = json.loads(run.stdout)
    assert isinstance(found, dict)
    assert found.pop("seconds") >= 0
    return found


def test_fewest_gpus_have_the_contracts_keys() -> None:
    found = answer(*ASKED)
    assert (found["gpus"], found["bound"], found["proven"]) == (2, 2, True)
    assert set(found) == {"gpus", "bound", "proven", "layouts"}
    assert sum(each["gpus"] for each in found["layouts"]) == 2
    slices = [each for layout in found["layouts"] for each in layout["slices"] for _ in range(layout["gpus"])]
    assert sorted(each["profile"] for each in slices) == ["1g.10gb"] * 5 + ["3g.40gb"] * 2
    assert set(slices[0]) == {"profile", "start"}


def test_what_is_left_on_given_gpus_is_exit_3() -> None:
    found = answer(*ASKED, "--gpus", "1", code=3)
    # Five slices at most: 3g.40gb with four 1g.10gb has more memory than five 1g.10gb.
    assert found["left"] == {"1g.10gb": 1, "3g.40gb": 1}
    assert (found["gpus"], found["bound"], found["proven"]) == (1, 2, True)
    assert answer(*ASKED, "--gpus", "9")["left"] == {}
    assert answer(*ASKED, "--gpus", "0", code=3)["left"] == {"1g.10gb": 5, "3g.40gb": 2}


def test_starts_of_a_board_that_counts_twelve_memory_slices() -> None:
    found = answer("--gpu", "rtx-pro-6000", "--slices", "1g.24gb=4")
    assert [each["start"] for each in found["layouts"][0]["slices"]] == [0, 3, 6, 9]


def test_a_table_says_what_is_proved() -> None:
    shown = in_process("layout", *ASKED).stdout
    assert "1g.10gb at 0, 3g.40gb at 4, 1g.10gb at 1, 1g.10gb at 2, 1g.10gb at 3" in shown
    assert "7 slices on 2 GPUs of a100-80gb: fewer GPUs cannot have them (proved)" in shown
    short = in_process("layout", *ASKED, "--gpus", "1").stdout
    assert "on 1 GPU of a100-80gb; left over: 1 x 1g.10gb, 1 x 3g.40gb: no layout leaves fewer (proved)" in short


@pytest.mark.parametrize(
    ("gpu", "slices", "said"),
    [
        ("a100", "1g.10gb=1", '--gpu: "a100" may be any of a100-40gb, a100-80gb; write which [SW205]'),
        ("h10", "1g.10gb=1", "did you mean h100-64gb or h100-80gb or "),
        ("what", "1g.10gb=1", "is not in the catalogue of GPU models; write one of a100-40gb, "),
        ("t4", "1g.10gb=1", "t4 cannot be cut into slices (it is not among NVIDIA's MIG GPUs); write one of a100-40gb"),
        (
            "rtx-pro-5000",
            "1g.24gb=1",
            "nobody publishes where slices may begin on a rtx-pro-5000, so no layout can be proposed; write one of",
        ),
        ("h200", "1g.10gb=1", '"1g.10gb" is not a MIG profile of h200; did you mean 1g.18gb'),
        ("h200", "mig-1g.18gb.me=1", '"mig-1g.18gb.me" is not a MIG profile of h200; did you mean 1g.18gb+me? [SW204]'),
        ("h200", "1g.18gb", '"1g.18gb" is not a profile with a number from 1 to 1,000,000'),
        ("h200", "1g.18gb=0", '"1g.18gb=0" is not a profile with a number'),
        ("h200", "1g.18gb=-1", '"1g.18gb=-1" is not a profile with a number'),
        ("h200", "1g.18gb=1000001", '"1g.18gb=1000001" is not a profile with a number'),
        ("h200", "1g.18gb=²", "is not a profile with a number"),
        ("h200", "1g.18gb=1,1g.18gb=2", '"1g.18gb" is there twice; write each profile once [SW801]'),
        ("h200", " , ", "--slices: it names no slices; write for example --slices 1g.10gb=5,3g.40gb=2 [SW801]"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(gpu: str, slices: str, said: str) -> None:
    run = in_process("layout", "--gpu", gpu, "--slices", slices)
    assert run.returncode == 2
    assert said in run.stderr


def test_everything_wrong_with_the_slices_is_said_at_once() -> None:
    run = in_process("layout", "--gpu", "a30", "--slices", "1g.5gb=1,2g.12gb,9g.99gb=1")
    assert [line[-6:-1] for line in run.stderr.splitlines()] == ["SW204", "SW801", "SW204"]


def test_boards_whose_places_nobody_publishes_have_a_code_of_their_own() -> None:
    run = in_process("layout", "--gpu", "thor", "--slices", "1g.0gb=1")
    assert run.stderr.rstrip("\n").endswith("[SW802]")


@pytest.fixture
def documents(tmp_path: Path) -> str:
    """Eight nodes of 3g.40gb, of which 60 slices are asked for, and 150 slices that do not exist."""
    written = [
        environment("east", slices("a", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi")),
        model("small", profile("s", memoryPerGpu="9Gi"), cpu="100m", memory="1Gi"),
        model("large", profile("s", memoryPerGpu="38Gi"), cpu="100m", memory="1Gi"),
        deployment("small", "small", replicas=150),
        deployment("large", "large", replicas=60),
    ]
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(map(yaml.safe_dump, written)), encoding="utf-8")
    return str(file)


def test_a_fleet_has_the_contracts_keys(documents: str) -> None:
    found = answer(documents)
    assert found["served"] == {"now": 60, "proposed": 210, "bound": 210, "proven": True}
    assert found["moved"] == []
    (pool,) = found["pools"]
    assert {key: pool[key] for key in ("environment", "nodePool", "recut")} == {
        "environment": "east",
        "nodePool": "a",
        "recut": 3,
    }
    kept, new = pool["nodes"]
    assert kept == {"count": 5, "slices": {"3g.40gb": 16}}
    assert new["count"] == 3
    assert new["slices"]["1g.10gb"] >= 50


def test_a_fleet_for_people_and_for_mig_manager(documents: str) -> None:
    shown = in_process("layout", documents).stdout
    assert "210 replicas served, 60 as nodes are cut now: no layout serves more (proved); 3 nodes cut anew" in shown
    assert "|3g.40gb    |3g.40gb    |" in shown
    assert in_process("layout", documents, "--output", "svg").stdout.startswith("<svg ")
    config = in_process("layout", documents, "--output", "mig-parted").stdout
    comment = config.splitlines()[0]
    (name,) = yaml.safe_load(config)["mig-configs"]
    assert comment == (
        "# east, a: drain 3 nodes of 8, one after the other, and label each "
        f"nvidia.com/mig.config={name} slicewise.dev/cut={name}; slicewise.dev/cut=kept on its other nodes"
    )


def test_documents_that_are_written_are_planned_as_promised(documents: str, tmp_path: Path) -> None:
    written = in_process("layout", documents, "--output", "documents").stdout
    others = Path(documents).read_text(encoding="utf-8").split("---\n")[1:]
    again = tmp_path / "again.yaml"
    again.write_text("---\n".join([written, *others]), encoding="utf-8")
    plan = json.loads(in_process("plan", str(again), "--output", "json").stdout)
    assert sum(each["replicas"] for each in plan["placements"]) == 210
    assert plan["shortfalls"] == []
    assert answer(str(again))["served"] == {"now": 210, "proposed": 210, "bound": 210, "proven": True}


def test_what_is_not_served_is_exit_3_and_a_previous_plan_is_kept(documents: str, tmp_path: Path) -> None:
    before = tmp_path / "plan.json"
    before.write_text(in_process("plan", documents, "--output", "json").stdout, encoding="utf-8")
    # Sixty pods may be on all eight nodes.
    found = answer(documents, "--previous", str(before), code=3)
    assert found["served"] == {"now": 60, "proposed": 60, "bound": 60, "proven": True}
    assert found["unserved"] == [
        {"deployment": "team/small", "environments": 1, "reason": "too few nodes can be cut for it"}
    ]
    shown = in_process("layout", documents, "--previous", str(before)).stdout
    assert "team/small lacks 1 environment: too few nodes can be cut for it" in shown


def test_what_runs_moves_where_that_is_asked_for(documents: str, tmp_path: Path) -> None:
    before = tmp_path / "plan.json"
    before.write_text(in_process("plan", documents, "--output", "json").stdout, encoding="utf-8")
    words = (documents, "--previous", str(before), "--move")
    found = answer(*words)
    # Sixty slices are four nodes of sixteen; 150 small ones are three of 56.
    assert found["served"] == {"now": 60, "proposed": 210, "bound": 210, "proven": True}
    (step,) = found["steps"]
    assert {key: step["cut"][key] for key in ("environment", "nodePool", "nodes", "occupied")} == {
        "environment": "east",
        "nodePool": "a",
        "nodes": 3,
        "occupied": 3,
    }
    assert found["moved"] == []
    shown = in_process("layout", *words).stdout
    assert "  1. drain 3 nodes of east/a, and cut each into 50 x 1g.10gb 2 x 3g.40gb; pods on them start again" in shown
    config = in_process("layout", *words, "--output", "mig-parted").stdout
    assert config.splitlines()[0].endswith("; pods on them start again on its other nodes")
    assert "drain 3 nodes" in in_process("layout", *words, "--output", "svg").stdout.replace("&#160;", " ")


def test_moves_are_listed_in_their_order(tmp_path: Path) -> None:
    pools = [slices(name, "1g.10gb", memoryPerGpu="9Gi") for name in ("a", "b")]
    models = [
        model("small", profile("s", memoryPerGpu="9Gi"), cpu="100m", memory="1Gi"),
        model("large", profile("s", memoryPerGpu="38Gi"), cpu="100m", memory="1Gi"),
    ]
    first, second = deployment("first", "small", replicas=20), deployment("second", "small", replicas=40)
    then = [first, deployment("second", "small", replicas=30), deployment("large", "large", replicas=16)]
    files = {"before": [first, second], "after": then}
    for name, asked in files.items():
        written = [environment("east", *pools), *models, *asked]
        (tmp_path / f"{name}.yaml").write_text("---\n".join(map(yaml.safe_dump, written)), encoding="utf-8")
    plan = tmp_path / "plan.json"
    plan.write_text(in_process("plan", str(tmp_path / "before.yaml"), "--output", "json").stdout, encoding="utf-8")
    words = (str(tmp_path / "after.yaml"), "--previous", str(plan), "--move")
    found = answer(*words)
    ((move,),) = (found["moved"],)
    assert (move["deployment"], move["from"]["nodePool"], move["to"]["nodePool"]) == ("team/first", "b", "a")
    assert [*map(list, found["steps"])] == [["move"], ["cut"]]
    comments = [
        line for line in in_process("layout", *words, "--output", "mig-parted").stdout.splitlines() if line[0] == "#"
    ]
    assert comments[0] == "# move team/first from east/b to east/a"
    assert comments[1].startswith("# east, b: drain 1 node of 1, ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name documents, or write --gpu and --slices"),
        (("--gpu", "h200"), "name documents, or write --gpu and --slices"),
        (("DOCUMENTS", "--gpu", "h200"), "PATH does not go with --gpu"),
        (("DOCUMENTS", "--node-pool", "b"), '--node-pool: the documents have no "b"; there is a'),
        (("DOCUMENTS", "--environment", "eats"), 'the documents have no "eats"; did you mean east?'),
        ((*ASKED, "--previous", "plan.json"), "--gpu does not go with --previous"),
        ((*ASKED, "--move"), "--gpu does not go with --move"),
        ((*ASKED, "--output", "mig-parted"), "--output mig-parted needs documents: write table or json"),
    ],
)
def test_options_that_do_not_go_together(words: tuple[str, ...], said: str, documents: str) -> None:
    run = in_process("layout", *(documents if word == "DOCUMENTS" else word for word in words))
    assert run.returncode == 2
    assert said in " ".join(run.stderr.replace("│", " ").split())


def test_without_the_extra_answers_come_with_their_gap(documents: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools", None)
    assert answer(*ASKED)["proven"] is True
    assert answer(*ASKED, "--gpus", "1", code=3)["bound"] == 2
    found = answer(documents)
    assert found["served"] == {"now": 60, "proposed": 210, "bound": 210, "proven": True}
