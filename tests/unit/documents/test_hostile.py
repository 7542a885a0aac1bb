"""Input that would take a program down is a clear error, soon."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from pathlib import Path

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal
from tests.unit.documents.loader import Loader

# Many times what any of them takes: only what hangs ends the run.
SECONDS = 600
HEAD = "apiVersion: modelplane.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\n"


@pytest.fixture(autouse=True)
def _killed_if_it_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def test_aliases_that_expand_to_billions(loader: Loader) -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (line,) = loader.refuse("\n".join(layers))
    assert line == "1:1: it has more than 1,000,000 values, what its aliases refer to included; split the file [SW106]"


def test_merges_that_expand_to_billions(loader: Loader) -> None:
    layers = ["a0: &a0 {x: 1, y: 2}"]
    layers += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 10)]
    (line,) = loader.refuse("\n".join(layers))
    assert line.endswith("[SW106]")


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "&a [*a, *a]", "&a {<<: *a}"])
def test_aliases_to_themselves(loader: Loader, text: str) -> None:
    (line,) = loader.refuse(text)
    assert "nested more than 100 deep" in line or line.endswith("[SW104]")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "[" * 101 + "]" * 101,
        "- " * 100_000 + "a",
        "? " * 100_000 + "a",
        "\n".join(" " * depth + "a:" for depth in range(2000)),
        "\n".join(" " * depth + "a:" for depth in range(101)) + " {b: 1}",
        "\n".join(" " * depth + "-" for depth in range(150)),
    ],
    ids=["lists", "mappings", "101 lists", "entries", "keys", "steps", "101 steps", "list steps"],
)
def test_deep_nesting(loader: Loader, text: str) -> None:
    (line,) = loader.refuse(text)
    assert "nested more than 100 deep" in line
    assert line.endswith("[SW106]")


def test_nesting_of_a_hundred_is_only_no_document(loader: Loader) -> None:
    (line,) = loader.refuse("[" * 100 + "]" * 100)
    assert line.endswith("[SW107]")


def test_nesting_stacked_by_aliases(loader: Loader) -> None:
    layers = ["a0: &a0 x"] + [f"a{i}: &a{i} {'[' * 40}*a{i - 1}{']' * 40}" for i in range(1, 60)]
    (line,) = loader.refuse("\n".join(layers))
    assert "nested more than 100 deep" in line
    assert line.endswith("[SW106]")


def test_a_file_of_nine_megabytes(loader: Loader) -> None:
    (line,) = loader.refuse("# " + "x" * 9_000_000)
    assert line == "the file has more than 8,388,608 bytes; split it into several files [SW106]"


def test_a_file_without_end() -> None:
    with pytest.raises(InvalidInputError, match=r"^/dev/zero: the file has more than 8,388,608 bytes"):
        load_fleet(["/dev/zero"])


def test_a_binary_file(loader: Loader) -> None:
    Path("binary.yaml").write_bytes(bytes(range(256)) * 100)
    loader.write()
    with pytest.raises(InvalidInputError, match=r"^binary\.yaml:\d+:\d+: byte 0x80 is not UTF-8"):
        load_fleet(["binary.yaml"])
    Path("binary.yaml").write_bytes(b"\x00" * 100)
    with pytest.raises(InvalidInputError, match=r"^binary\.yaml:1:1: not YAML: control characters"):
        load_fleet(["binary.yaml"])


def test_unknown_fields_without_number(loader: Loader) -> None:
    text = HEAD + "spec:\n" + "".join(f"  zzz{index}: 1\n" for index in range(50_000))
    lines = loader.refuse(text)
    assert len(lines) == 101
    assert "49,902 more mistakes in this document; fix these first [SW203]" in " ".join(lines)


def test_dangling_references_without_number(loader: Loader) -> None:
    models = [minimal("ClusterModel", ("metadata", "name"), f"model-{index}") for index in range(300)]
    deployment = minimal("ModelDeployment")
    lost = [deployment.replace("chat", f"d{i}").replace("name: gemma", f"name: modell-{i}") for i in range(300)]
    lines = loader.refuse("---\n".join(models + lost))
    assert len(lines) == 300
    assert all("did you mean" in line for line in lines)


def test_one_long_value(loader: Loader) -> None:
    long = "x" * 200_000
    for path in (("metadata", "name"), ("spec", "modelRef", "kind"), ("kind",), ("spec", "scaling", "signal"), (long,)):
        for line in loader.refuse(minimal("ModelDeployment", path, long)):
            assert len(line) < 500


@pytest.mark.parametrize(
    "written", [".nan", ".inf", "-.inf", "1e400", "0o17", "0x" + "f" * 39, "1:30", "=", "~", "!!str"]
)
def test_numbers_that_are_odd(loader: Loader, written: str) -> None:
    text = minimal("ModelDeployment", ("spec", "environments"), "X").replace(": X", f": {written}")
    for line in loader.refuse(text, minimal("ClusterModel")):
        assert line.endswith(("[SW203]", "[SW104]"))


def test_the_marks_of_yaml_do_not_confuse_the_lines(loader: Loader) -> None:
    (line,) = loader.refuse("a: 1\r\nb: [\r\n")
    assert "[SW104]" in line
    (line,) = loader.refuse("a: 1\rb: 2\u2028c: [")
    assert "[SW104]" in line


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01", "2026-01-01"),
        ("0o17", "0o17"),
        ("1e3", "1e3"),
        ("010", "010"),
        ("09", "09"),
        ("00.5", "00.5"),
        ("1_000", "1_000"),
        ("1_0.5", "1_0.5"),
        ("0b1", "0b1"),
        ("0x1F", "0x1F"),
        ("y", "y"),
        ("None", "None"),
        ("&anchor a", "a"),
        ("!!str 1", "1"),
        ("!!str yes", "yes"),
        ('"\\u0061"', "a"),
        (">-\n        a", "a"),
        ("''", ""),
    ],
)
def test_text_that_looks_like_something_else(loader: Loader, written: str, read: str) -> None:
    text = minimal("InferenceEnvironment").replace(
        "  name: mig-a\n", f"  name: mig-a\n  labels:\n    l: {written}\n", 1
    )
    assert loader.load(text).environments[0].metadata.labels == {"l": read}


@pytest.mark.parametrize("written", ["17", "1.5", "1.", "yes", "Off", "~", "null", "[]", ".5", "+1"])
def test_something_else_that_looks_like_text(loader: Loader, written: str) -> None:
    text = minimal("InferenceEnvironment").replace(
        "  name: mig-a\n", f"  name: mig-a\n  labels:\n    l: §{written}\n", 1
    )
    assert loader.refuse_at(text).startswith("metadata.labels.l: got ")


def test_lines_that_end_as_on_windows(loader: Loader) -> None:
    text = minimal("InferenceEnvironment").replace("\n", "\r\n")
    assert len(loader.load(text).environments) == 1
    assert loader.refuse_at(text.replace("acceleratorCount: 8", "acceleratorCount: §0")).endswith(
        "acceleratorCount: got 0, expected at least 1 [SW203]"
    )


def test_a_byte_order_mark_within_a_file_is_named(loader: Loader) -> None:
    one = minimal("InferenceEnvironment")
    (line,) = loader.refuse(f"\ufeff{one}---\n\ufeff{one.replace('mig-a', 'mig-b', 1)}")
    assert "byte order mark" in line
    assert line.startswith(f"{one.count(chr(10)) + 2}:1: ")


@pytest.mark.usefixtures("loader")
def test_a_path_that_no_system_takes() -> None:
    for path in ("a\0b", "a" * 5000):
        with pytest.raises(InvalidInputError, match=r"\[SW10[12]\]$"):
            load_fleet([path])
