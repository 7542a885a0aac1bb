"""Text in documents that means something to a kubelet, a shell, a terminal or a browser."""

from __future__ import annotations

import copy
import itertools
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.cli.running import DEMO, in_process

# From "A/B:c" to the digest that is too short: InvalidImageName to a kubelet (distribution/reference).
IMAGES = ["x:", "A/B:c", "@@@", "r/x@sha256:zz", "-", "é", "evil\x1b[31m", "</text><script>", "a b", "evil\u202egnp:1"]
ESCAPES = "evil\x1b]0;PWNED\x07\x1b[31m"
HOSTILE = [ESCAPES, "</text><script>evil()</script>", "../../evil", "[red]evil[/red]", "evil\u202egnp", "evil\nx: y"]
VARIABLES = {"HOME": "/root", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}


def fleet(*arguments: str, image: str = "vllm/vllm-openai:v0.11.0") -> list[Document]:
    """Return a fleet with one deployment, whose engine has an image and arguments."""
    tiny = model("tiny", profile("any", memoryPerGpu="30Gi"))
    tiny["spec"]["serving"][0]["engine"] = {"image": image, "args": list(arguments)}
    return [environment("e", slices("small", "3g.40gb")), tiny, deployment("chat", "tiny")]


def run(directory: Path, command: str, documents: list[Document], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the command line on documents."""
    file = directory / "fleet.yaml"
    file.write_text(yaml.safe_dump_all(documents, allow_unicode=True))
    return in_process(command, str(file), *arguments)


def assert_printed(done: subprocess.CompletedProcess[str]) -> str:
    """Return what was printed, after a look for what would write to a terminal."""
    shown = done.stdout + done.stderr
    assert all(line.isprintable() for line in shown.split("\n")), repr(shown)
    assert "Traceback" not in shown
    return shown


@pytest.mark.parametrize("image", IMAGES)
def test_16_images_that_no_kubelet_takes_are_refused(image: str, tmp_path: Path) -> None:
    done = run(tmp_path, "validate", fleet(image=image))

    assert done.returncode == 2
    assert "image" in assert_printed(done)


@pytest.mark.parametrize(
    "image",
    [
        "vllm/vllm-openai:v0.11.0",
        "localhost:5000/vllm",
        "Registry.example.com:443/a/b_c/d--e:v1_X.y-z",
        "x@sha256:" + "0a" * 32,
        "r.example.com/x:tag@sha256:" + "0a" * 32,
    ],
)
def test_16_images_that_a_kubelet_takes_are_taken(image: str, tmp_path: Path) -> None:
    done = run(tmp_path, "validate", fleet(image=image))

    assert done.returncode == 0, assert_printed(done)


def expanded(argument: str) -> str:
    """Return what a kubelet makes of an argument (third_party/forked/golang/expansion, Expand)."""
    made, rest = "", argument
    while rest:
        if rest.startswith("$$"):
            made, rest = made + "$", rest[2:]
        elif match := re.match(r"\$\(([^)]*)\)", rest):
            made, rest = made + VARIABLES.get(match[1], match[0]), rest[match.end() :]
        else:
            made, rest = made + rest[0], rest[1:]
    return made


def reaches_vllm(directory: Path, arguments: list[str]) -> list[str]:
    """Return the arguments that vLLM gets, by way of the manifest, the kubelet and KServe's `eval`."""
    done = run(directory, "render", fleet(*arguments), "--output-dir", str(directory / "out"))
    assert done.returncode == 0, assert_printed(done)
    (manifest,) = (directory / "out/e").glob("*chat*")
    container = yaml.safe_load(manifest.read_text())["spec"]["template"]["containers"][0]
    # KServe's single-node preset: eval "vllm serve ... $@".
    shell = subprocess.run(
        ["/bin/sh", "-c", "eval \"printf '%s\\0' $@\"", "sh", *(expanded(each) for each in container["args"])],
        capture_output=True,
        check=True,
        cwd=directory,
    )
    return shell.stdout.decode().split("\0")[:-1]


def test_18_arguments_reach_vllm_as_written(tmp_path: Path) -> None:
    written = ["--x=$$HOME", "--y=$(KUBERNETES_SERVICE_HOST)", "--z=$(HOME)$$(HOME)", "--a=$", "--b=$$$", "--c=$HOME"]

    assert [each for each in written if each not in reaches_vllm(tmp_path, written)] == []


@pytest.mark.parametrize("argument", ["--x=\0", "\0"])
def test_19_no_argument_has_a_nul(argument: str, tmp_path: Path) -> None:
    done = run(tmp_path, "validate", fleet(argument))

    assert done.returncode == 2
    assert_printed(done)


def test_64_no_shell_runs_what_is_in_arguments(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    touch = f"touch {shlex.quote(str(marker))}"
    written = [
        f"--a=$({touch})",
        f"--b=`{touch}`",
        f"--c='; {touch}; '",
        f'--d="; {touch}; "',
        "--e=*",
        "--f=a\\b",
        "--g=~ x",
    ]

    assert [each for each in written if each not in reaches_vllm(tmp_path, written)] == []
    assert not marker.exists()


@pytest.mark.parametrize("output", ["table", "svg"])
def test_48_an_earlier_plan_writes_to_no_terminal(output: str, tmp_path: Path) -> None:
    earlier = json.loads(in_process("plan", DEMO, "--output", "json").stdout)
    earlier["placements"][0]["nodePool"] = ESCAPES
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(earlier))

    done = in_process("plan", DEMO, "--previous", str(file), "--output", output)

    assert_printed(done)
    if output == "svg":
        ET.fromstring(done.stdout)  # noqa: S314 - a picture of our own


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - YAML's
    """Yield the path to every text in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*path, key))
    if isinstance(value, str):
        yield path


def demo() -> list[Document]:
    """Return the demo's documents."""
    files = sorted(Path(DEMO).glob("*.yaml"))
    return list(itertools.chain.from_iterable(yaml.safe_load_all(file.read_text()) for file in files))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_61_hostile_text_is_refused_or_printed(hostile: str, tmp_path: Path) -> None:
    documents = demo()
    places = [(at, path) for at, document in enumerate(documents) for path in leaves(document)]
    assert len(places) > 60
    for at, path in places:
        changed = copy.deepcopy(documents)
        inner: Any = changed[at]
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = hostile
        done = run(tmp_path, "plan", changed)
        assert_printed(done)
        assert_printed(run(tmp_path, "validate", changed))
        if done.returncode != 2:
            for each in (each for each in changed if each["kind"] == "ModelDeployment"):
                name = f"{each['metadata']['namespace']}/{each['metadata']['name']}"
                assert_printed(in_process("explain", name, str(tmp_path / "fleet.yaml")))
            picture = run(tmp_path, "plan", changed, "--output", "svg")
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture.stdout).iter()}  # noqa: S314
            assert "script" not in tags, path


def test_66_a_contexts_name_is_only_text(tmp_path: Path) -> None:
    name = "evil\x1b[31m\nkind: Evil\n\u202e---"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))

    for arguments in ((), ("--context", "other"), ("--context", name)):
        done = in_process("discover", "--kubeconfig", str(file), *arguments)
        assert done.returncode != 0
        assert_printed(done)
