"""A model's config.json in a document, or in a file beside it: what is wrong with it is said at its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError
from slicewise.documents import Fleet, engine_version, load_fleet, unit_of
from slicewise.documents.served_model import Engine
from tests.unit.documents.documents import Data, minimal, pools
from tests.unit.sizing.configs import LLAMA_8B

GIB = 2**30


def model(tmp_path: Path, architecture: Data, **profile: object) -> Path:
    spec = {"name": "only", **profile}
    path = tmp_path / "model.yaml"
    text = minimal("ClusterModel", ("spec", "serving"), [spec])
    path.write_text(text + f"  architecture: {json.dumps(architecture)}\n")
    return path


def refused(path: Path) -> list[tuple[Code, str, int, str]]:
    with pytest.raises(InvalidInputError) as caught:
        load_fleet([str(path)])
    problems = caught.value.problems
    assert all(problem.remedy or "did you mean" in problem.message for problem in problems)
    return [(one.code, Path(one.place.file).name, one.place.line, one.field_name) for one in problems]


def advice(fleet: Fleet) -> list[Diagnostic]:
    return [each for each in fleet.advice if each.code.value.startswith("SW7")]


def test_a_config_in_a_file_is_the_config_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "llama.json").write_text(json.dumps(LLAMA_8B))
    (spec,) = load_fleet([str(model(tmp_path, {"configFile": "llama.json"}))]).models.values()
    assert spec.architecture
    assert spec.architecture.config == LLAMA_8B
    assert spec.architecture.known
    assert spec.architecture.known.vocabulary == 128256


def test_the_path_is_seen_from_the_document_whatever_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "configs" / "llama.json").write_text(json.dumps(LLAMA_8B))
    path = model(tmp_path / "docs", {"configFile": "../configs/llama.json"})
    monkeypatch.chdir("/")
    assert next(iter(load_fleet([str(path)]).models.values())).architecture


FIELDS = {key: value for key, value in LLAMA_8B.items() if key != "hidden_size"}


@pytest.mark.parametrize(
    ("content", "code", "line", "field"),
    [
        ('{"model_type": "llama",\n "hidden_size": }', Code.NOT_A_CONFIG, 2, ""),
        ("[1, 2]", Code.NOT_A_CONFIG, 1, ""),
        ("version https://git-lfs.github.com/spec/v1", Code.NOT_A_CONFIG, 1, ""),
        ('{\n"hidden_size": NaN,\n' + json.dumps(FIELDS)[1:], Code.CONFIG_VALUE, 2, "hidden_size"),
        (json.dumps(FIELDS, indent=1), Code.CONFIG_INCOMPLETE, 1, "hidden_size"),
        ('{\n\n"hidden_size": "4096",' + json.dumps(FIELDS)[1:], Code.CONFIG_VALUE, 3, "hidden_size"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_at_its_line(
    tmp_path: Path, content: str, code: Code, line: int, field: str
) -> None:
    (tmp_path / "c.json").write_text(content)
    assert refused(model(tmp_path, {"configFile": "c.json"})) == [(code, "c.json", line, field)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[" * 100_000, Code.NOT_A_CONFIG),
        ('{"hidden_size": ' + "9" * 10_000 + "}", Code.NOT_A_CONFIG),
        ('{"a": "' + "x" * 10_000_000 + '"}', Code.TOO_LARGE),
        ("\xff\xfe{}", Code.NOT_A_CONFIG),
    ],
    ids=["nested", "long-number", "ten-megabytes", "utf-16"],
)
def test_hostile_files_are_refused(tmp_path: Path, content: str, code: Code) -> None:
    (tmp_path / "c.json").write_text(content, encoding="latin-1")
    ((found, *_),) = refused(model(tmp_path, {"configFile": "c.json"}))
    assert found is code


def test_a_file_that_is_not_there_is_an_error_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    ((code, file, line, field),) = refused(model(tmp_path, {"configFile": "confg.json"}))
    assert (code, file, field) == (Code.PATH_MISSING, "model.yaml", "spec.architecture.configFile")
    assert line


def test_neither_is_an_error(tmp_path: Path) -> None:
    ((code, _, _, field),) = refused(model(tmp_path, {"checkpointBytes": 5}))
    assert (code, field) == (Code.MISSING_FIELD, "spec.architecture")


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    ((code, *_),) = refused(model(tmp_path, {"configFile": "."}))
    assert code is Code.UNREADABLE


def test_a_field_of_a_config_in_the_document_is_named_with_its_path(tmp_path: Path) -> None:
    found = refused(model(tmp_path, {"config": {**LLAMA_8B, "hidden_size": "4096"}}))
    assert [(code, file, field) for code, file, _, field in found] == [
        (Code.CONFIG_VALUE, "model.yaml", "spec.architecture.config.hidden_size")
    ]


def test_a_type_of_tomorrow_is_advice_and_the_model_is_planned(tmp_path: Path) -> None:
    fleet = load_fleet([str(model(tmp_path, {"config": {**LLAMA_8B, "model_type": "llama9"}}))])
    (found,) = advice(fleet)
    assert (found.code, found.field_name) == (Code.MODEL_TYPE_UNKNOWN, "spec.architecture.config.model_type")
    assert found.remedy


def test_a_memory_that_is_too_little_for_the_weights_is_said_with_numbers(tmp_path: Path) -> None:
    requires = {"replicaTopology": {"requires": {"memoryPerGpu": "16Gi"}}, "engine": {"args": ["--max-model-len=4096"]}}
    (found,) = advice(load_fleet([str(model(tmp_path, {"config": LLAMA_8B}, **requires))]))
    assert found.code is Code.MEMORY_CONTRADICTS
    # 8.03 billion parameters of 2 bytes are 14.96 GiB, and 0.92 of 16 are 14.72.
    assert "14.9" in found.message
    assert "14.72" in found.message


@pytest.mark.parametrize("argument", ["--max-model-len=999999", "--gpu-memory-utilization=1.0"])
def test_where_another_argument_keeps_the_engine_from_starting_memory_is_not_blamed(
    tmp_path: Path, argument: str
) -> None:
    """Llama 3.1 8B takes 131072 tokens; a budget of all memory leaves none for the CUDA context."""
    arguments = list({"--max-model-len": "--max-model-len=4096", argument.partition("=")[0]: argument}.values())
    requires = {"replicaTopology": {"requires": {"memoryPerGpu": "40Gi"}}, "engine": {"args": arguments}}
    assert advice(load_fleet([str(model(tmp_path, {"config": LLAMA_8B}, **requires))])) == []


def test_a_memory_that_is_enough_is_not_a_contradiction(tmp_path: Path) -> None:
    requires = {"replicaTopology": {"requires": {"memoryPerGpu": "40Gi"}}, "engine": {"args": ["--max-model-len=4096"]}}
    assert advice(load_fleet([str(model(tmp_path, {"config": LLAMA_8B}, **requires))])) == []


def test_a_checkpoint_that_contradicts_the_config_is_said(tmp_path: Path) -> None:
    (found,) = advice(load_fleet([str(model(tmp_path, {"config": LLAMA_8B, "checkpointBytes": 5 * GIB}))]))
    assert found.code is Code.CHECKPOINT_DIFFERS


def test_an_argument_that_vllm_refuses_is_an_error(tmp_path: Path) -> None:
    engine = {"engine": {"args": ["--max-model-len=long"]}}
    ((code, _, _, field),) = refused(model(tmp_path, {"config": LLAMA_8B}, **engine))
    assert (code, field) == (Code.ENGINE_ARGUMENT, "spec.serving[0].engine.args")


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        ({}, "0.23"),
        ({"image": "vllm/vllm-openai:v0.26.1"}, "0.26"),
        ({"image": "registry.example:5000/mirror/vllm-openai:v0.19.0"}, "0.19"),
        ({"image": "ghcr.io/llm-d/llm-d-cuda:v0.8.1"}, "0.23"),
        ({"image": "ghcr.io/llm-d/llm-d-cuda:v0.9.0"}, "0.26"),
        ({"image": "ghcr.io/llm-d/llm-d-cuda:v0.9.0", "version": "v0.24.0"}, "0.24"),
        # The version of something else is not vLLM's.
        ({"image": "registry.example/team/engine:v0.20.0"}, "None"),
        ({"image": "vllm/vllm-openai:latest"}, "None"),
        ({"image": "vllm/vllm-openai"}, "None"),
    ],
)
def test_the_version_of_an_engine(engine: Data, version: str) -> None:
    assert str(engine_version(Engine(**engine))) == version


@pytest.mark.parametrize(
    ("declared", "mib"),
    [("40Gi", 40448), ("39Gi", 40448), ("40448Mi", 40448), ("40192Mi", 40192)],
)
def test_a_slice_has_the_memory_of_the_driver_and_not_of_its_name(tmp_path: Path, declared: str, mib: int) -> None:
    mig = {"enabled": True, "profile": "3g.40gb"}
    pool = {"acceleratorType": "h100-80gb", "capabilities": {"memoryPerGpu": declared, "migConfiguration": mig}}
    path = tmp_path / "environment.yaml"
    path.write_text(pools(pool))
    (environment,) = load_fleet([str(path)]).environments
    unit = unit_of(environment.spec.node_pools[0])
    assert (unit.memory, unit.is_slice, unit.gpu_model) == (mib * 2**20, True, "h100-80gb")
