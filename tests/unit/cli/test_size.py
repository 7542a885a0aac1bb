"""`slicewise size`: the contract's keys, exit codes, and what is wrong with what is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from slicewise.cli.app import app
from tests.unit.documents.documents import mig, minimal, pools
from tests.unit.sizing.configs import GEMMA_27B, LLAMA_8B

GEMMA_ARGS = "--quantization=fp8 --max-model-len=16384"


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["size", *words])
    assert done.exit_code == code, done.output
    return done.output


def config(tmp_path: Path, content: dict[str, Any]) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(content))
    return str(path)


def sized(*words: str, code: int = 0) -> dict[str, Any]:
    (found,) = json.loads(run(*words, "--output", "json", code=code))["sizes"]
    assert isinstance(found, dict)
    return found


def test_the_keys_are_those_of_the_contract(tmp_path: Path) -> None:
    at = ("--on", "h100-80gb/3g.40gb", "--vllm", "0.23.0", "--engine-args", GEMMA_ARGS)
    found = sized("--config", config(tmp_path, GEMMA_27B), *at)
    assert found["unit"] == {"gpu": "h100-80gb", "migProfile": "3g.40gb", "memoryGiB": 39.5}
    assert (found["profile"], found["verdict"], found["budgetGiB"]) == (None, "fits", 36.34)
    # 62 layers of which 10 keep all tokens: 10 x 2 x 16 heads x 128 x 2 bytes.
    assert found["kvCache"]["bytesPerToken"] == 81920
    assert found["kvCache"]["neededGiB"] == pytest.approx(2.66, abs=0.01)
    assert set(found["kvCache"]) == {"bytesPerToken", "neededGiB", "availableGiB", "tokens"}
    for part in ("availableGiB", "tokens"):
        assert set(found["kvCache"][part]) == {"low", "high"}
    assert set(found["concurrency"]) == set(found["overheadGiB"]) == {"low", "high"}
    assert set(found["maxModelLen"]) == {"sure", "possible"}
    assert set(found["reasons"][0]) >= {"code", "message"}


def test_what_surely_fails_is_exit_3_and_a_memory_names_no_gpu(tmp_path: Path) -> None:
    found = sized("--config", config(tmp_path, GEMMA_27B), "--memory", "9.75Gi", code=3)
    assert found["unit"] == {"gpu": None, "migProfile": None, "memoryGiB": 9.75}
    assert (found["verdict"], found["reasons"][0]["code"]) == ("does-not-fit", "SW711")


def test_a_version_beyond_what_was_tested_gives_weights_and_cache(tmp_path: Path) -> None:
    found = sized("--config", config(tmp_path, LLAMA_8B), "--memory", "39.5Gi", "--vllm", "0.10.0")
    assert found["verdict"] == "cannot-say"
    assert found["weightsGiB"] == pytest.approx(14.96, rel=0.01)
    assert found["overheadGiB"] == {"low": None, "high": None}


def test_a_type_of_tomorrow_is_not_judged_and_numbers_are_null(tmp_path: Path) -> None:
    unknown = config(tmp_path, {**LLAMA_8B, "model_type": "llama9"})
    found = sized("--config", unknown, "--memory", "39.5Gi")
    assert (found["verdict"], found["weightsGiB"], found["kvCache"]["tokens"]) == (
        "not-judged",
        None,
        {"low": None, "high": None},
    )
    assert (found["reasons"][0]["code"], bool(found["reasons"][0]["remedy"])) == ("SW703", True)
    assert "llama9" in run("--config", unknown, "--memory", "39.5Gi")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "9Gi", "--on", "h100-80gb"], "one of --on and --memory"),
        ([], "one of --on and --memory"),
        (["--on", "h100-80gb/3g.41gb"], "3g.40gb"),
        (["--on", "h100"], "h100-80gb"),
        (["--on", "h400"], "is not a GPU model"),
        (["--memory", "lots"], "is not a Kubernetes quantity"),
        (["--memory", "40"], "is not the memory of a GPU"),
        (["--memory", "9Gi", "--vllm", "newest"], "is not a version of vLLM"),
        (["--memory", "9Gi", "--engine-args", "--max-model-len=long"], "SW704"),
        (["--memory", "9Gi", "--engine-args", "'open"], "SW704"),
        (["model", "path", "--memory", "9Gi"], "exclude each other"),
    ],
)
def test_wrong_questions(tmp_path: Path, words: list[str], said: str) -> None:
    assert said in " ".join(run("--config", config(tmp_path, LLAMA_8B), *words, code=2).split())


def test_a_wrong_field_is_said_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**LLAMA_8B, "hidden_size": "many"}, indent=1))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "hidden_size" in text)
    assert f"config.json:{line}:" in run("--config", str(path), "--memory", "9Gi", code=2)


def test_documents_are_judged_on_every_unit_that_they_declare(tmp_path: Path) -> None:
    slices = {"acceleratorType": "h100-80gb"}
    (tmp_path / "environment.yaml").write_text(
        pools(
            {**slices, "name": "small", "capabilities": mig("1g.10gb", "9Gi")},
            {**slices, "name": "large", "nodeSelector": {"pool": "large"}, "capabilities": mig("3g.40gb", "40Gi")},
            {**slices, "name": "same", "nodeSelector": {"pool": "same"}, "capabilities": mig("3g.40gb", "39Gi")},
        )
    )
    profile = {"name": "only", "engine": {"args": ["--max-model-len=4096"]}}
    model = minimal("ClusterModel", ("spec", "serving"), [profile])
    (tmp_path / "model.yaml").write_text(f"{model}  architecture: {json.dumps({'config': LLAMA_8B})}\n")
    found = json.loads(run("gemma", str(tmp_path), "--output", "json", code=3))["sizes"]
    assert [(each["profile"], each["unit"]["migProfile"], each["verdict"]) for each in found] == [
        ("only", "1g.10gb", "does-not-fit"),
        ("only", "3g.40gb", "fits"),
    ]
    assert "only on h100-80gb/3g.40gb: fits" in run("gemma", str(tmp_path), code=3)
    assert "did you mean gemma" in run("gema", str(tmp_path), code=2)


def test_a_model_without_an_architecture_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(minimal("ClusterModel"))
    assert "SW706" in run("gemma", str(tmp_path), code=2)


def test_an_option_that_is_nearly_one_of_vllms_is_told(tmp_path: Path) -> None:
    on = ("--config", config(tmp_path, LLAMA_8B), "--memory", "39.5Gi")
    said = run(*on, "--engine-args", "--max-modell-len=16k --max-num-seq=4 --my-plugin=1")
    (warning,) = (line for line in said.splitlines() if line.startswith("warning: "))
    assert warning.startswith('warning: --engine-args: vLLM (as of 0.33.0) has no option "--max-modell-len"')
    assert warning.endswith('did you mean "--max-model-len"? [SW349]')


@pytest.mark.parametrize(
    ("unit", "named"), [("h100-80gb/1g.10gb", "take h100-80gb/3g.40gb (39.50 GiB)"), ("a100-40gb/1g.5gb", "a100-40gb")]
)
def test_the_smallest_unit_of_the_gpu_that_is_enough_is_named_and_is(tmp_path: Path, unit: str, named: str) -> None:
    arguments = "--max-model-len=8192 --max-num-seqs=64 --max-num-batched-tokens=2048"
    asked = ("--config", config(tmp_path, LLAMA_8B), "--engine-args", arguments)
    remedy = sized(*asked, "--on", unit, code=3)["reasons"][0]["remedy"]
    assert named in remedy
    taken = remedy.rpartition("take ")[2].partition(" ")[0]
    assert sized(*asked, "--on", taken)["verdict"] == "fits"


# What ModelOpt writes beside a config.json that does not say how it quantised (NVIDIA's Llama-3.1-8B-Instruct-FP8).
MODELOPT = {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}


def test_the_file_beside_a_config_says_how_it_is_quantised(tmp_path: Path) -> None:
    asked = ("--config", config(tmp_path, LLAMA_8B), "--on", "h100-80gb", "--engine-args", "--max-model-len=8192")
    plain = sized(*asked)
    (tmp_path / "hf_quant_config.json").write_text(json.dumps(MODELOPT))
    found = sized(*asked)
    # Llama 3.1 8B in bf16 and in FP8, in vLLM's logs.
    assert (plain["weightsGiB"], found["weightsGiB"]) == (pytest.approx(14.99, abs=0.01), pytest.approx(8.49, abs=0.01))
    assert found["kvCache"]["bytesPerToken"] * 2 == plain["kvCache"]["bytesPerToken"]
    # What config.json says itself counts.
    config(tmp_path, {**LLAMA_8B, "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}})
    assert sized(*asked)["kvCache"] != found["kvCache"]


def test_what_is_wrong_in_the_file_beside_a_config_is_said_there(tmp_path: Path) -> None:
    asked = ("--config", config(tmp_path, LLAMA_8B), "--on", "h100-80gb")
    beside = tmp_path / "hf_quant_config.json"
    beside.write_text('{\n  "quantization": {\n    "quant_algo": 8\n  }\n}\n')
    assert "hf_quant_config.json:3:" in run(*asked, code=2)
    beside.write_text("FP8")
    assert "hf_quant_config.json:1:1: not JSON" in run(*asked, code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--on", "h100-80gb"], "--on needs --config: write --config FILE, the model's config.json, as well"),
        (
            ["gemma", "stacks/demo", "--on", "h100-80gb", "--vllm", "0.23.0"],
            "documents say what --vllm and --on would say; leave that out, or the documents",
        ),
    ],
)
def test_options_of_a_question_without_documents_say_what_they_need(words: list[str], said: str) -> None:
    assert said in " ".join(run(*words, code=2).split())


def test_numbers_that_are_the_same_are_written_once(tmp_path: Path) -> None:
    """Of a whole H100 every request of the model's 131072 tokens fits."""
    shown = run("--config", config(tmp_path, LLAMA_8B), "--on", "h100-80gb")
    assert "longest request: 131,072 tokens\n" in shown
