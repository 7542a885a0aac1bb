"""The engine's arguments: those that are set already, secrets, and those written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import minimal

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("--tensor-parallel-size=2", "write it as replicaTopology.parallelism.tensor"),
        ("--tensor_parallel_size", "write it as replicaTopology.parallelism.tensor"),
        ("-tp=2", "write it as replicaTopology.parallelism.tensor"),
        ("--pipeline-parallel-size=2", "write it as replicaTopology.parallelism.pipeline"),
        ("--tensor-paral=2", "write it as replicaTopology.parallelism.tensor"),
        ("--data-parallel-size 2", "write it as replicaTopology.parallelism.data,"),
        *(
            (argument, "write it as replicaTopology.parallelism.expert, ")
            for argument in (
                *("--enable-expert-parallel", "--enable_expert_parallel", "--enable-expert-parallel=true", "-ep"),
                *("--no-enable-expert-parallel", "--no_enable_expert_parallel", "--no-enable_expert-parallel"),
            )
        ),
        ("--port=8080", "KServe sets it"),
        ("--model=google/gemma", "KServe serves the weights of spec.huggingFace.repo"),
        (
            "--served-model-name=chat",
            "KServe sets it; write it as spec.model.name, or as servedModelName of the ModelDeployment",
        ),
    ],
)
def test_an_argument_that_is_set_already(loader: Loader, argument: str, why: str) -> None:
    (line,) = advice(
        loader, minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": [argument]}}])
    )
    assert line.startswith("ClusterModel gemma: spec.serving[0].engine.args[0]: ")
    assert f" is set already: {why}" in line
    assert line.endswith("[SW327]")


@pytest.mark.parametrize("argument", ["--model-loader-extra-config={}", "--max-model-len=4096", "port", "-q", "--"])
def test_arguments_of_ones_own(loader: Loader, argument: str) -> None:
    assert (
        advice(loader, minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": [argument]}}]))
        == []
    )


def _arguments(*args: str) -> str:
    return minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": list(args)}}])


# Of the forms that issuers document, put together here so that no scanner takes this file for a leak.
HF, OPENAI = "hf_" + "aB3d" * 9, "sk-" + "aB3d" * 8


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ([f"--hf-token={HF}"], "a Hugging Face token"),
        (["--hf-token", HF], "a Hugging Face token"),
        ([f"--api-key={OPENAI}"], "an OpenAI-style key"),
        (["--media-url=https://me:secret@example.test/x"], "a password in a URL"),
    ],
)
def test_a_secret_among_the_arguments(loader: Loader, args: list[str], kind: str) -> None:
    (line,) = advice(loader, _arguments(*args))
    assert f"the argument looks as if it has {kind}, which the state" in line
    assert ("spec.huggingFace.secretRef" in line) == (kind == "a Hugging Face token")
    assert line.endswith("[SW346]")
    assert "aB3d" not in line
    assert "secret@" not in line


@pytest.mark.parametrize(
    "args", [["--max-model-len=16384", "--max_model_len=8192"], ["--max-model-len", "16384", "--max-model-len", "1"]]
)
def test_an_argument_that_is_written_twice(loader: Loader, args: list[str]) -> None:
    (line,) = advice(loader, _arguments(*args))
    assert line.endswith("is in args[0] already, and vLLM takes the last of the two; leave one of them out [SW347]")
    assert f"engine.args[{len(args) // 2}]: --max" in line


def test_arguments_that_may_be_there_twice(loader: Loader) -> None:
    assert advice(loader, _arguments("--middleware=a.B", "--middleware=c.D", "--dtype", "half", "half")) == []
