"""Input that would take a program down is a clear error, soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slicewise.spec import InvalidInputError, load_fleet
from tests.unit.spec.documents import minimal
from tests.unit.spec.loader import Loader

SECONDS = 20.0
HEAD = "apiVersion: modelplane.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\n"


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SECONDS


def test_aliases_that_expand_to_billions(loader: Loader) -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (line,) = loader.refuse("\n".join(layers))
    assert line == "1:1: it has more than 1,000,000 values, what its aliases stand for included; split the file [SW106]"


def test_merges_that_expand_to_billions(loader: Loader) -> None:
    layers = ["a0: &a0 {x: 1, y: 2}"]
    layers += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 10)]
    (line,) = loader.refuse("\n".join(layers))
    assert line.endswith("[SW106]")


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "&a [*a, *a]", "&a {<<: *a}"])
def test_aliases_to_themselves(loader: Loader, text: str) -> None:
    (line,) = loader.refuse(text)
    assert line.endswith(("nested more than 100 deep [SW106]", "[SW104]"))


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
    assert line.endswith("nested more than 100 deep [SW106]")


def test_nesting_of_a_hundred_is_only_no_document(loader: Loader) -> None:
    (line,) = loader.refuse("[" * 100 + "]" * 100)
    assert line.endswith("[SW107]")


def test_nesting_stacked_by_aliases(loader: Loader) -> None:
    layers = ["a0: &a0 x"] + [f"a{i}: &a{i} {'[' * 40}*a{i - 1}{']' * 40}" for i in range(1, 60)]
    (line,) = loader.refuse("\n".join(layers))
    assert line.endswith("nested more than 100 deep [SW106]")


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
    assert "49,902 more mistakes in this document; mend these first [SW203]" in " ".join(lines)


def test_dangling_references_without_number(loader: Loader) -> None:
    models = [minimal("ClusterModel", ("metadata", "name"), f"model-{index}") for index in range(300)]
    deployment = minimal("ModelDeployment")
    lost = [deployment.replace("chat", f"d{i}").replace("name: gemma", f"name: modell-{i}") for i in range(300)]
    lines = loader.refuse("---\n".join(models + lost))
    assert len(lines) == 300
    assert sum("did you mean" in line for line in lines) == 100


def test_one_long_value(loader: Loader) -> None:
    long = "x" * 200_000
    for path in (("metadata", "name"), ("spec", "modelRef", "kind"), ("kind",), ("spec", "scaling", "signal"), (long,)):
        for line in loader.refuse(minimal("ModelDeployment", path, long)):
            assert len(line) < 500


@pytest.mark.parametrize(
    "written", [".nan", ".inf", "-.inf", "1e400", "0o17", "0x" + "f" * 39, "1:30", "=", "~", "!!str"]
)
def test_numbers_that_are_odd(loader: Loader, written: str) -> None:
    for line in loader.refuse(minimal("ModelDeployment", ("spec", "environments"), "X").replace(": X", f": {written}")):
        assert line.endswith(("[SW203]", "[SW104]"))


def test_the_marks_of_yaml_do_not_confuse_the_lines(loader: Loader) -> None:
    (line,) = loader.refuse("a: 1\r\nb: [\r\n")
    assert "[SW104]" in line
    (line,) = loader.refuse("a: 1\rb: 2\u2028c: [")
    assert "[SW104]" in line
