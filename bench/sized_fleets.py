"""The fleets of the benchmark with models that say what they are made of, by configs that no fleet before had."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from bench.fleet_documents import Document
from bench.startup_logs import published_configs

_SMALL: Final = ("Qwen/Qwen2.5-0.5B-Instruct", "Qwen/Qwen3-0.6B", "google/gemma-3-1b-it")
"""With 32,768 tokens these start on every slice of the fleets, the smallest of 8.88 GiB."""
# With these it is certain, and none of the memory that profiles require contradicts them.
_CERTAIN: Final = (
    "--max-model-len=4096",
    "--max-num-seqs=64",
    "--max-num-batched-tokens=2048",
    "--gpu-memory-utilization=0.85",
)
_QUANTIZED: Final = (
    "RedHatAI/Qwen2.5-7B-Instruct-fp8-dynamic",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8",
)
# Configs differ by rows of the vocabulary in steps of what vLLM pads it to, and by the width of feed-forward layers.
_ROWS: Final = 64
_WIDTHS: Final = 2
# 50,000 configs of small models must all start on 3 GiB: few more rows, and widths in small steps.
_OF_EACH: Final = 350
_MIB_BELOW: Final = 64


class FreshConfigs:
    """Configs of models of which no two are the same, so that nothing that was found before helps."""

    def __init__(self, *, small: bool) -> None:
        """Take small models, or all that the project knows logs of."""
        self._bases = list(_small_configs()) if small else list(published_configs().values())
        self._numbers = count(1)

    def draw(self, number: int) -> list[dict[str, Any]]:
        """Return so many, of all kinds in turns."""
        return [self._changed(self._bases[index % len(self._bases)]) for index in range(number)]

    def _changed(self, base: dict[str, Any]) -> dict[str, Any]:
        config = copy.deepcopy(base)
        decoder = config.get("text_config", config)
        number = next(self._numbers)
        decoder["vocab_size"] = decoder.get("vocab_size", 32000) + number % _OF_EACH * _ROWS
        decoder["intermediate_size"] = decoder["intermediate_size"] + number // _OF_EACH * _WIDTHS
        return config


def _small_configs() -> Iterator[dict[str, Any]]:
    known = published_configs()
    for name in _SMALL:
        yield known[name]
        for quantized in _QUANTIZED:
            yield {**known[name], "quantization_config": known[quantized]["quantization_config"]}


def with_architectures(documents: Sequence[Document], configs: Sequence[dict[str, Any]]) -> list[Document]:
    """Return the documents, the models with the configs in turns."""
    given: list[Document] = []
    models = count()
    for item in documents:
        if item["kind"] != "ClusterModel":
            given.append(item)
            continue
        architecture = {"config": configs[next(models) % len(configs)]}
        given.append({**item, "spec": {**item["spec"], "architecture": architecture}})
    return given


def with_certain_starts(documents: Sequence[Document]) -> list[Document]:
    """Return the documents with engines of which it is certain that small models start on every slice."""
    return [_certain(item) if item["kind"] == "ClusterModel" else item for item in documents]


def _certain(model: Document) -> Document:
    serving = [
        {**profile, "engine": {**profile["engine"], "args": list(_CERTAIN)}} for profile in model["spec"]["serving"]
    ]
    return {**model, "spec": {**model["spec"], "serving": serving}}


def model_for_each_deployment(documents: Sequence[Document]) -> list[Document]:
    """Return the documents with a model of its own for each deployment, which is served as before."""
    models = {item["metadata"]["name"]: item for item in documents if item["kind"] == "ClusterModel"}
    given = [item for item in documents if item["kind"] == "InferenceEnvironment"]
    for item in documents:
        if item["kind"] == "ModelDeployment":
            name, model = item["metadata"]["name"], models[item["spec"]["modelRef"]["name"]]
            spec = {**model["spec"], "model": {"name": name}}
            given.append({**model, "metadata": {"name": name}, "spec": spec})
            given.append({**item, "spec": {**item["spec"], "modelRef": {"name": name}}})
    return given


def with_more_slices(documents: Sequence[Document], more: int) -> list[Document]:
    """Return the documents with `more` kinds of slices: by turns environments have the MiB that clusters report."""
    printed: dict[tuple[str, str, int], str] = {}
    given: list[Document] = []
    for number, item in enumerate(documents):
        if item["kind"] == "InferenceEnvironment" and number % 3:
            pools = [_reported(pool, number % 3, printed, more) for pool in item["spec"]["nodePools"]]
            given.append({**item, "spec": {**item["spec"], "nodePools": pools}})
        else:
            given.append(item)
    return given


def _reported(pool: Document, turn: int, printed: dict[tuple[str, str, int], str], most: int) -> Document:
    capabilities = pool["capabilities"]
    gib = capabilities["memoryPerGpu"]
    key = (pool["acceleratorType"], gib, turn)
    if key not in printed and len(printed) < most:
        printed[key] = f"{int(gib.removesuffix('Gi')) * 1024 - turn * _MIB_BELOW}Mi"
    return {**pool, "capabilities": {**capabilities, "memoryPerGpu": printed.get(key, gib)}}
