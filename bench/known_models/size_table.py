"""Running `slicewise size` for every model and unit of the table."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.startup_logs import published_configs
from slicewise.cli import main

UNITS: Final = (
    "a100-40gb/1g.5gb",
    "h100-80gb/1g.10gb",
    "h200/1g.18gb",
    "h100-80gb/2g.20gb",
    "b200/1g.23gb",
    "h200/2g.35gb",
    "h100-80gb/3g.40gb",
    "h100-80gb",
)
ARGUMENTS: Final = "--max-model-len=8192 --max-num-seqs=64 --max-num-batched-tokens=2048"
# By what people call them, and the name in bench/startup_logs where it differs.
KNOWN_MODELS: Final = {
    "Qwen/Qwen2.5-0.5B-Instruct": "",
    "Qwen/Qwen3-0.6B": "",
    "google/gemma-3-1b-it": "",
    "google/gemma-2-2b-it": "",
    "google/gemma-3-4b-it": "",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16": "",
    "Qwen/Qwen2.5-7B-Instruct": "",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8": "",
    "meta-llama/Llama-3.1-8B-Instruct": "Llama-3.1-8B",
    "Qwen/Qwen3-8B": "",
    "ibm-granite/granite-3.3-8b-instruct": "",
    "google/gemma-2-9b-it": "",
    "Qwen/Qwen3-14B-AWQ": "",
    "openai/gpt-oss-20b": "",
    "google/gemma-3-12b-it": "",
    "Qwen/Qwen3-32B-FP8": "",
    "mistralai/Mistral-Small-3.1-24B-Instruct-2503": "",
    "google/gemma-3-27b-it": "",
    "Qwen/Qwen3-30B-A3B": "",
    "RedHatAI/Llama-3.3-70B-Instruct-fp8-dynamic": "",
}
_CONFIGS: Final = Path(__file__).parent / "configs.json"
_SAID: Final = {"does-not-fit": "no", "cannot-say": "?", "not-judged": "not judged"}


def size_table() -> str:
    """Return the table as Markdown: where a model fits, how many requests of 8,192 tokens surely run at once."""
    configs: dict[str, dict[str, Any]] = {**published_configs(), **json.loads(_CONFIGS.read_text(encoding="utf-8"))}
    rows = [
        ("model", "weights, GiB", *UNITS),
        ("---", *["---:"] * (len(UNITS) + 1)),
        *(_row(model, configs[name or model]) for model, name in KNOWN_MODELS.items()),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(model: str, config: dict[str, Any]) -> tuple[str, ...]:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "config.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        found = [_size(file, unit) for unit in UNITS]
    return model, f"{found[0]['weightsGiB']:.1f}", *(_cell(each) for each in found)


def _size(file: Path, unit: str) -> dict[str, Any]:
    arguments = ["size", "--config", str(file), "--on", unit, f"--engine-args={ARGUMENTS}", "--output", "json"]
    printed, own = io.StringIO(), sys.argv
    sys.argv = ["slicewise", *arguments]
    try:
        with redirect_stdout(printed), suppress(SystemExit):
            main()
    finally:
        sys.argv = own
    (found,) = json.loads(printed.getvalue())["sizes"]
    size: dict[str, Any] = found
    return size


def _cell(found: dict[str, Any]) -> str:
    verdict = found["verdict"]
    return str(int(found["concurrency"]["low"])) if verdict == "fits" else _SAID[verdict]
