"""`size --from-hub`, against a server on this machine that answers as the Hub does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from slicewise.sizing import read_architecture
from tests.unit.cli.running import in_process, slicewise
from tests.unit.sizing.configs import QWEN_7B

TOKEN = "hf_canary5d0e77"  # noqa: S105 - a canary
SHA = "a09a35458c702b33eeacc393d103063234e8bc28"
# Paths and answers: https://huggingface.co/docs/hub/api, GET /api/models/{repo_id} with blobs=true.
FILES = {
    "config.json": 663,
    "model-00001-of-00002.safetensors": 9_000_000_000,
    "model-00002-of-00002.safetensors": 6_231_233_024,
    "consolidated.safetensors": 15_231_233_024,
    "original/model.safetensors": 15_231_233_024,
}

# As ModelOpt 0.29 writes it beside config.json.
QUANTIZED = b'{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}}'


@dataclass
class Hub:
    """A Hub with one model, and what it was asked."""

    config: bytes = json.dumps(QWEN_7B).encode()
    status: int = 200
    error: str = ""
    files: dict[str, int] = field(default_factory=lambda: FILES)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    url: str = ""

    def run(self, tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `slicewise size` with this Hub."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        environ |= {"HF_ENDPOINT": self.url, "HF_HOME": str(tmp_path / "home"), **environment}
        run = slicewise("size", *arguments, environ=environ)
        assert TOKEN not in run.stdout + run.stderr
        return run

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """Return the status, the content and the headers of an answer."""
        if self.status != 200:
            return self.status, b"{}", {"X-Error-Code": self.error, "X-Error-Message": TOKEN}
        if path == "/api/models/qwen/small":
            siblings = [{"rfilename": name, "size": size} for name, size in self.files.items()]
            found: dict[str, Any] = {"id": "qwen/small", "sha": SHA, "siblings": siblings}
            return 200, json.dumps(found).encode(), {"Content-Type": "application/json"}
        if path == f"/qwen/small/resolve/{SHA}/config.json" and "config.json" in self.files:
            return 200, self.config, {"X-Repo-Commit": SHA, "ETag": '"1f0"'}
        if path == f"/qwen/small/resolve/{SHA}/hf_quant_config.json" and "hf_quant_config.json" in self.files:
            return 200, QUANTIZED, {"X-Repo-Commit": SHA, "ETag": '"2a7"'}
        return 404, b"", {"X-Error-Code": "EntryNotFound" if "/resolve/" in path else "RepoNotFound"}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            hub.asked.append((self.command, self.path.partition("?")[0]))
            hub.tokens.add(self.headers["Authorization"])
            status, content, headers = hub.answer(self.path.partition("?")[0])
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_block_is_written_down(tmp_path: Path) -> None:
    with serving(Hub()) as hub:
        run = hub.run(tmp_path, "--from-hub", "qwen/small", HF_TOKEN=TOKEN)
        as_json = hub.run(tmp_path, "--from-hub", "qwen/small", "--output", "json", HF_TOKEN=TOKEN)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"# config.json of qwen/small, revision {SHA}\n")
    written = yaml.safe_load(run.stdout)
    assert written == {"architecture": {"checkpointBytes": 15_231_233_024, "config": QWEN_7B}}
    assert json.loads(as_json.stdout) == written
    # The token is the Hub's alone, and of the weights nothing is fetched.
    assert {path for _, path in hub.asked} == {"/api/models/qwen/small", f"/qwen/small/resolve/{SHA}/config.json"}
    assert hub.tokens == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"config.json": 1, "model.safetensors": 12, "model-00001-of-00001.safetensors": 13}, 12),
        ({"config.json": 1, "pytorch_model.bin": 12}, None),
    ],
)
def test_bytes_of_the_checkpoint(tmp_path: Path, files: dict[str, int], found: int | None) -> None:
    with serving(Hub(files=files)) as hub:
        run = hub.run(tmp_path, "--from-hub", "qwen/small", "--output", "json")
    assert json.loads(run.stdout)["architecture"].get("checkpointBytes") == found
    assert hub.tokens == {None}


@pytest.mark.parametrize("already", [False, True])
def test_how_a_checkpoint_is_quantised_may_be_in_a_file_of_its_own(tmp_path: Path, *, already: bool) -> None:
    own = {"quant_method": "gptq", "bits": 4}
    config = {**QWEN_7B, "quantization_config": own} if already else QWEN_7B
    with serving(Hub(json.dumps(config).encode(), files={**FILES, "hf_quant_config.json": 90})) as hub:
        run = hub.run(tmp_path, "--from-hub", "qwen/small", "--output", "json")
    written = json.loads(run.stdout)["architecture"]["config"]
    assert written["quantization_config"] == (own if already else json.loads(QUANTIZED))
    assert read_architecture(written).quantization.method == ("gptq" if already else "modelopt")


@pytest.mark.parametrize(
    ("hub", "repository", "said"),
    [
        (Hub(), "qwen/absent", "the Hub has no model"),
        (Hub(), "no repository/at all/", "is not the name of a repository"),
        (Hub(files={"model.safetensors": 12}), "qwen/small", "has no config.json"),
        (Hub(status=403, error="GatedRepo"), "qwen/small", "is gated"),
        (Hub(status=500), "qwen/small", "the Hub answered 500"),
        (Hub(config=b"[]"), "qwen/small", "expected a JSON object"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_the_hub_does_not_say(tmp_path: Path, hub: Hub, repository: str, said: str) -> None:
    with serving(hub):
        run = hub.run(tmp_path, "--from-hub", repository, HF_TOKEN=TOKEN)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in " ".join(run.stderr.split())


def test_a_hub_that_is_not_there(tmp_path: Path) -> None:
    with serving(Hub()) as hub:
        pass
    run = hub.run(tmp_path, "--from-hub", "qwen/small", HF_TOKEN=TOKEN)
    assert (run.returncode, run.stdout) == (2, "")
    assert "the Hub did not answer" in " ".join(run.stderr.split())


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # The command sets them for its process.
    for name in ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    run = in_process("size", "--from-hub", "qwen/small")
    assert (run.returncode, run.stdout) == (2, "")
    assert "pip install 'slicewise[hub]'" in " ".join(run.stderr.replace("│", "").split())


def test_it_stands_alone(tmp_path: Path) -> None:
    run = Hub(url="http://127.0.0.1:1").run(tmp_path, "--from-hub", "qwen/small", "--on", "h100-80gb")
    assert (run.returncode, run.stdout) == (2, "")
    assert "goes with --output alone" in " ".join(run.stderr.split())
