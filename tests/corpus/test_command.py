"""The corpus through the command that people run, and what is hostile in files, streams and earlier plans."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import typer
import yaml

from slicewise.cli.command_inputs import read_inputs
from tests.corpus.reading import Case, many_cases, single_cases
from tests.corpus.running import MOST_LINES, ROOT, refused, slicewise
from tests.unit.manifests.kubelet import expanded

DEMO = str(ROOT / "stacks/demo")
HEAD = "apiVersion: modelplane.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\n"
# One document of each folder of the corpus, and each set: with no process for every file.
SAMPLE = list({case.name.partition("/")[0]: case for case in single_cases() if case.errors}.values())


def place(line: str) -> str:
    """Return file, line and column of an error as it is printed, and its code."""
    return f"{line.partition(': ')[0]} {line[-6:-1]}"


def test_a_directory_of_many_cases_says_of_each_what_the_case_alone_says(tmp_path: Path) -> None:
    expected = []
    for case in SAMPLE:
        (name, text), *_ = case.files.items()
        folder = case.name.replace("/", "-")
        (tmp_path / f"{folder}.yaml").write_text(text, encoding="utf-8")
        (error,) = case.errors
        at = f":{error.line}:{error.column}" if error.line else ""
        # What references lead to is not known where other files are broken.
        expected += [f"all/{folder}.yaml{at} {error.code}"] if not case.name.startswith("references/") else []
        assert error.file == name
    (tmp_path / "all").mkdir()
    for file in tmp_path.glob("*.yaml"):
        file.rename(tmp_path / "all" / file.name)
    lines = refused("validate", "all", here=tmp_path)
    # Documents of one name and services of one model are among them, which is said too.
    assert set(expected) - {place(line) for line in lines} == set()


@pytest.mark.parametrize("case", list(many_cases())[:6], ids=lambda case: case.name)
def test_sets_with_many_mistakes(case: Case, tmp_path: Path) -> None:
    lines = refused("validate", *case.write(tmp_path), here=tmp_path)
    expected = [
        f"{error.file}{f':{error.line}:{error.column}' if error.line else ''} {error.code}" for error in case.errors
    ]
    assert [place(line) for line in lines] == expected


def test_files_that_are_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    os.mkfifo(folder / "fifo.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    # Reading it from its beginning fails for root too.
    (folder / "memory.yaml").symlink_to("/proc/self/mem")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "below.yaml").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket.yaml"))
        lines = refused("validate", "all", here=tmp_path)
    assert [line.split(": ")[0].removeprefix("all/") for line in lines] == [
        *("fifo.yaml", "gone.yaml", "loop.yaml", "memory.yaml", "socket.yaml", "zero.yaml"),
    ]
    assert {line[-6:-1] for line in lines} <= {"SW102", "SW106"}


def test_a_pipe_that_is_named_is_read(tmp_path: Path) -> None:
    lines = refused("validate", "/dev/stdin", stdin=b"kind: [", here=tmp_path)
    assert lines[0].startswith("/dev/stdin:1:")


def test_files_that_hold_no_text(tmp_path: Path) -> None:
    text = f"{HEAD}spec: {{}}\n"
    contents = {
        "binary": bytes(range(256)) * 100,
        "latin": text.replace("name: a", "name: ä").encode("latin-1"),
        "nul": text.replace("name: a", "name: a\0b").encode(),
        "utf-16": text.encode("utf-16"),
        "utf-16-without-mark": text.encode("utf-16-le"),
        "utf-32": text.encode("utf-32"),
        "half-a-letter": text.encode() + b"\xc3",
        "surrogate": text.encode() + b"# \xed\xa0\x80",
        "overlong": text.encode() + b"# \xc0\xaf",
        "zip": b"PK\x03\x04" + bytes(1000),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.yaml").write_bytes(content)
    lines = refused("validate", ".", here=tmp_path)
    assert {line.split(".yaml")[0]: line[-6:-1] for line in lines} == {
        name: "SW104" if name in ("nul", "utf-16-without-mark", "zip") else "SW102" for name in contents
    }
    assert len(lines) == len(contents)


def test_bombs_towers_and_walls(tmp_path: Path) -> None:
    letters = "abcdefghij"
    later = list(pairwise(letters))
    contents = {
        "aliases": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in later),
        "merges": "a: &a {x: 1, y: 2}\n"
        + "".join(f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 10)}]}}\n" for old, new in later),
        "brackets": "[" * 100_000,
        "braces": "{a: " * 100_000,
        "dashes": "- " * 100_000 + "a",
        "questions": "? " * 100_000 + "a",
        "steps": "\n".join(" " * depth + "a:" for depth in range(2000)),
        "ten-megabytes": HEAD + "# " + "x" * 10_000_000,
        "one-line": "{" + ",".join(f"k{index}: 1" for index in range(100_000)) + "}",
        "cycle": "&a [*a]",
        "merge-cycle": "&a {<<: *a}",
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    lines = refused("validate", ".", here=tmp_path)
    assert [line.split(".yaml")[0] for line in lines] == sorted(contents)
    codes = dict(zip(sorted(contents), (line[-6:-1] for line in lines), strict=True))
    assert codes.pop("one-line") == "SW108"
    assert codes.pop("merge-cycle") in ("SW104", "SW106")
    assert set(codes.values()) == {"SW106"}


def test_ten_megabytes_through_a_pipe() -> None:
    (line,) = refused("validate", "-", stdin=b"# " + b"x" * 10_000_000)
    assert line == "<stdin>: the file has more than 8,388,608 bytes; split it into several files [SW106]"


def test_a_hundred_thousand_wrong_documents() -> None:
    lines = refused("validate", "-", stdin=b"---\na: 1\n" * 100_000)
    assert lines[0].startswith("<stdin>:2:1: apiVersion: ")
    assert "more mistakes" in lines[-1]


def test_a_hundred_thousand_empty_documents_are_none() -> None:
    (line,) = refused("validate", "-", stdin=b"---\n" * 100_000)
    assert line.endswith("[SW103]")


def test_a_key_that_stands_a_hundred_thousand_times() -> None:
    lines = refused("validate", "-", stdin=b"kind: Model\n" * 100_000)
    assert lines[0].startswith('<stdin>:2:1: "kind" is on line 1 already')
    assert "more mistakes" in lines[-1]


def test_ten_thousand_files(tmp_path: Path) -> None:
    for index in range(10_000):
        text = f"{HEAD.replace('name: a', f'name: a{index}')}spec: {{modelRef: {{name: x}}, environments: 1}}\n"
        (tmp_path / f"{index:05}.yaml").write_text(text)
    lines = refused("validate", ".", here=tmp_path)
    assert lines[0].startswith("00000.yaml:4:25: spec.modelRef.name: there is no ClusterModel")
    assert "more mistakes" in lines[-1]


def test_names_of_files_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    for name in (b"\x1b[31mred.yaml", b"two\nlines.yaml", b"not-utf-8-\xff.yaml", b"right-\xe2\x80\xaeto-left.yaml"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text("a: [")
    lines = refused("validate", ".", here=tmp_path)
    assert len(lines) == 4


@pytest.mark.parametrize("path", ["a" * 5000, "a/" * 3000 + "b.yaml", "nowhere\x1b[31m.yaml"])
def test_paths_that_cannot_be(path: str) -> None:
    (line,) = refused("validate", path)
    assert line[-6:-1] in ("SW101", "SW102")


def test_a_closed_standard_input() -> None:
    (line,) = refused("validate", "-", redirection="<&-")
    assert line.startswith("<stdin>: cannot be read")


# --- Earlier plans.

ENTRY = {
    "deployment": {"namespace": "team-a", "name": "gemma"},
    "environment": "onprem-b",
    "nodePool": "h100-whole",
    "profile": "bf16-gpu",
    "units": 2,
    "gpusPerNode": 1,
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"placements"',
        b"{}",
        b'{"placements": null}',
        b'{"placements": {"a": {}}}',
        b'{"placements": NaN}',
        b'{"placements": [7]}',
        b'{"placements": [[]]}',
        b"[" * 100_000,
        b'{"placements": [' + b"{}," * 5_000 + b"{}]}",
        b'{"placements": "' + b"x" * 1_000_000 + b'"}',
        b'{"placements": [{"\\u001b[31m": 1}]}',
        json.dumps({"placements": [ENTRY | {"units": "\x1b[31m"}]}).encode(),
        json.dumps({"placements": [ENTRY | {"units": 1.5}]}).encode(),
        b'{"placements": [{"units": ' + b"9" * 5000 + b"}]}",
        b"\xff\xfe{}",
        b"apiVersion: v1\n",
    ],
    ids=range(20),
)
def test_an_earlier_plan_that_is_none(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes(content)
    with pytest.raises(typer.Exit) as ended:
        read_inputs([DEMO], plan)
    lines = capsys.readouterr().err.splitlines()
    assert ended.value.exit_code == 2
    assert len(lines) <= MOST_LINES
    assert all(line.isprintable() and line.endswith(" [SW109]") for line in lines)
    assert all(line.startswith(f"{plan}: ") for line in lines if "more mistakes" not in line)


@pytest.mark.parametrize("path", ["/dev/zero", ".", "/proc/self/mem", "nowhere.json"])
def test_an_earlier_plan_that_cannot_be_read(path: str, tmp_path: Path) -> None:
    (line,) = refused("plan", DEMO, "--previous", path, here=tmp_path)
    assert line.endswith("[SW109]")


def test_an_earlier_plan_of_nonsense_changes_nothing(tmp_path: Path) -> None:
    nonsense = [
        ENTRY | {"units": 1_000_000},
        ENTRY | {"environment": "\x1b[31m", "nodePool": "../..", "profile": "{{ .Name }}"},
        ENTRY | {"deployment": {"namespace": "$(reboot)", "name": "\ud800"}},
    ]
    (tmp_path / "plan.json").write_text(json.dumps({"placements": nonsense, "more": [None]}))
    run = slicewise("plan", DEMO, "--previous", "plan.json", "--output", "json", here=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    fresh = json.loads(slicewise("plan", DEMO, "--output", "json").stdout)
    assert [(item["deployment"], item["units"]) for item in json.loads(run.stdout)["placements"]] == [
        (item["deployment"], item["units"]) for item in fresh["placements"]
    ]


# --- From a document to what runs in a container.

ARGUMENTS = [
    """--override-generation-config={"temperature": 0.7, "stop": ["it's", "a \\"b\\""]}""",
    '--limit-mm-per-prompt={"image":{"count":2}}',
    "$(touch owned)",
    "`touch owned`",
    "; touch owned #",
    "a' ; touch owned ; '",
    "$HOME && *",
    "two\nlines",
    "~",
    "true",
    "{a,b}",
    "}}",
    "--x=é🙂",
    "",
]


def test_arguments_arrive_as_they_are_written(tmp_path: Path) -> None:
    """Through YAML, `render`, the kubelet and the `eval` of KServe's single-node preset, with printf for vLLM."""
    documents = list(yaml.safe_load_all((ROOT / "tests/corpus/with/gemma.yaml").read_text(encoding="utf-8")))
    documents[0]["spec"]["serving"][0]["engine"] = {"args": ARGUMENTS}
    documents += yaml.safe_load_all((ROOT / "tests/corpus/with/environment.yaml").read_text(encoding="utf-8"))
    documents.append(yaml.safe_load(HEAD + "spec: {modelRef: {name: gemma}, environments: 1}\n"))
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump_all(documents))

    assert slicewise("render", "fleet.yaml", "--output-dir", "out", here=tmp_path).returncode == 0

    (manifest,) = (tmp_path / "out").glob("*/*llminferenceservice*")
    (container,) = yaml.safe_load(manifest.read_text())["spec"]["template"]["containers"]
    shell = ["/bin/bash", "-c", r'eval "printf %s\\\\0 $@"', "--", *(expanded(each, {}) for each in container["args"])]
    received = subprocess.run(shell, capture_output=True, check=True, cwd=tmp_path).stdout.decode().split("\0")[:-1]
    assert received == ARGUMENTS
    assert not (tmp_path / "owned").exists()
