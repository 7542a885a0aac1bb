"""What a document says of its model's memory and is wrong: each code is reached, and its remedy is followed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from slicewise.cli.app import app
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal, pools
from tests.unit.sizing.configs import LLAMA_8B

LENGTH = ["--max-model-len=4096"]


def write(tmp_path: Path, architecture: dict[str, Any] | None, **profile: Any) -> Path:  # noqa: ANN401 - plain data
    text = minimal("ClusterModel", ("spec", "serving"), [{"name": "only", "engine": {"args": LENGTH}, **profile}])
    if architecture is not None:
        text += f"  architecture: {json.dumps(architecture)}\n"
    path = tmp_path / "model.yaml"
    path.write_text("---\n".join([text, pools({"name": "p", "acceleratorType": "h100-80gb"})]))
    return path


def found(path: Path) -> list[Diagnostic]:
    """Return what is said of memory, errors and advice."""
    try:
        said = load_fleet([str(path)]).advice
    except InvalidInputError as error:
        said = tuple(error.problems)
    return [each for each in said if each.code.value.startswith("SW7")]


def requires(amount: str) -> dict[str, Any]:
    return {"replicaTopology": {"requires": {"memoryPerGpu": amount}}}


def test_a_type_that_is_not_known(tmp_path: Path) -> None:
    unknown = {"config": {**LLAMA_8B, "model_type": "llama9"}}
    (problem,) = found(write(tmp_path, unknown, **requires("20Gi")))
    assert (problem.code, problem.field_name) == (Code.MODEL_TYPE_UNKNOWN, "spec.architecture.config.model_type")
    assert '"llama"' in problem.message
    assert problem.remedy.startswith("leave architecture out")
    assert found(write(tmp_path, None, **requires("20Gi"))) == []
    # As docs/errors.md says: of a model that was only renamed, the type that vLLM runs it as.
    assert found(write(tmp_path, {"config": LLAMA_8B}, **requires("20Gi"))) == []


def test_an_argument_that_vllm_does_not_take(tmp_path: Path) -> None:
    engine = {"engine": {"args": ["--max-model-len=8,192"]}}
    (problem,) = found(write(tmp_path, {"config": LLAMA_8B}, **engine))
    assert (problem.code, problem.field_name) == (Code.ENGINE_ARGUMENT, "spec.serving[0].engine.args")
    assert problem.remedy == "correct the value, or leave the argument out"
    assert found(write(tmp_path, {"config": LLAMA_8B}, engine={"args": ["--max-model-len=8192"]})) == []
    assert found(write(tmp_path, {"config": LLAMA_8B}, engine={"args": []})) == []


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    path = write(tmp_path, {"configFile": "config.json"})
    config = tmp_path / "config.json"
    config.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 900\n")
    (problem,) = found(path)
    assert (problem.code, Path(problem.place.file).name, problem.place.line) == (Code.NOT_A_CONFIG, "config.json", 1)
    assert problem.remedy == "take the config.json of the model's repository as it is"
    config.write_text(json.dumps(LLAMA_8B))
    assert found(path) == []


def test_a_model_that_does_not_say_what_it_is_made_of(tmp_path: Path) -> None:
    def size(path: Path) -> tuple[int, str]:
        name = re.search(
            r"kind: ClusterModel\nmetadata:\n  name: (\S+)|kind: ClusterModel.*?name: (\S+)",
            path.read_text(),
            re.DOTALL,
        )
        assert name
        done = CliRunner().invoke(app, ["size", (name[1] or name[2]).strip("}"), str(path)])
        return done.exit_code, done.output

    code, output = size(write(tmp_path, None))
    assert (code, "[SW706]" in output) == (2, True)
    assert "add spec.architecture with its config.json" in " ".join(output.split())
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_8B))
    code, output = size(write(tmp_path, {"configFile": "config.json"}))
    assert (code, "fits" in output) == (0, True)


def test_a_required_memory_on_which_the_model_does_not_start(tmp_path: Path) -> None:
    (problem,) = found(write(tmp_path, {"config": LLAMA_8B}, **requires("16Gi")))
    assert problem.code is Code.MEMORY_CONTRADICTS
    assert problem.field_name == "spec.serving[0].replicaTopology.requires.memoryPerGpu"
    amount = re.search(
        r"leave it out: the architecture decides; or write (\S+), with which it surely starts", problem.remedy
    )
    assert amount
    assert found(write(tmp_path, {"config": LLAMA_8B})) == []
    assert found(write(tmp_path, {"config": LLAMA_8B}, **requires(amount[1]))) == []


def test_how_a_file_beside_the_config_says_that_it_is_quantised(tmp_path: Path) -> None:
    path = write(tmp_path, {"configFile": "config.json"}, **requires("16Gi"))
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_8B))
    assert [each.code for each in found(path)] == [Code.MEMORY_CONTRADICTS]
    beside = tmp_path / "hf_quant_config.json"
    # Of ModelOpt: 8 billion parameters of one byte start where those of two do not.
    beside.write_text('{"quantization": {"quant_algo": "FP8"}}')
    assert found(path) == []
    beside.write_text('{"quantization":\n {"quant_algo": 8}}')
    (problem,) = found(path)
    assert (problem.code, Path(problem.place.file).name, problem.place.line) == (Code.CONFIG_VALUE, beside.name, 2)
