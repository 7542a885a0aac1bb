"""What files, directories and standard input may be (SW101 to SW108)."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from slicewise.spec import InvalidInputError, load_fleet
from tests.unit.spec.documents import minimal
from tests.unit.spec.loader import Loader

ENVIRONMENT = minimal("InferenceEnvironment")
DEPLOYMENT = minimal("ModelDeployment")
MODEL = minimal("ClusterModel")


def errors(*paths: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(paths)
    return str(caught.value).split("\n")


@pytest.mark.usefixtures("loader")
def test_a_path_that_is_not_there() -> None:
    assert errors("nowhere", "neither.yaml") == [
        "neither.yaml: no such file or directory [SW101]",
        "nowhere: no such file or directory [SW101]",
    ]


@pytest.mark.usefixtures("loader")
def test_a_directory_without_documents() -> None:
    Path("empty").mkdir()
    Path("empty/README.md").write_text("no YAML")
    assert errors("empty") == [
        (
            "empty: the directory holds no *.yaml or *.yml file, and directories below it are not searched; "
            "name the directory that holds the documents [SW103]"
        )
    ]


@pytest.mark.usefixtures("loader")
def test_a_directory_is_its_yaml_files() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    Path("stack/models.yml").write_text(MODEL)
    Path("stack/notes.txt").write_text("not: [yaml")
    Path("stack/below.yaml").mkdir()
    fleet = load_fleet(["stack"])
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (1, 1, 0)


@pytest.mark.usefixtures("loader")
def test_a_file_named_twice_is_read_once() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    Path("link.yaml").symlink_to("stack/environment.yaml")
    fleet = load_fleet(["stack", "stack/environment.yaml", "./stack/../stack/environment.yaml", "link.yaml"])
    assert len(fleet.environments) == 1


@pytest.mark.usefixtures("loader")
def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(ENVIRONMENT.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert len(load_fleet(["-", "-"]).environments) == 1


@pytest.mark.usefixtures("loader")
def test_errors_in_standard_input_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: [")))
    (line,) = errors("-")
    assert line.startswith("<stdin>:1:")


@pytest.mark.usefixtures("loader")
def test_a_broken_symbolic_link() -> None:
    Path("stack").mkdir()
    Path("stack/a.yaml").symlink_to("gone.yaml")
    expected = "stack/a.yaml: cannot be read: it is a symbolic link to gone.yaml, which does not exist [SW102]"
    assert errors("stack") == [expected]
    assert errors("stack/a.yaml") == [expected]


@pytest.mark.usefixtures("loader")
def test_a_symbolic_link_to_itself() -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    assert errors(".") == ["loop.yaml: cannot be read: Too many levels of symbolic links [SW102]"]


def test_a_file_that_must_not_be_read(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loader.write(ENVIRONMENT)

    def refuse(path: Path, _mode: str) -> None:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert errors("0.yaml") == ["0.yaml: cannot be read: Permission denied [SW102]"]


@pytest.mark.usefixtures("loader")
def test_bytes_that_are_not_utf8() -> None:
    Path("latin.yaml").write_bytes("kind: Model\nname: é\n".encode("latin-1"))
    assert errors("latin.yaml") == ["latin.yaml:2:7: byte 0xe9 is not UTF-8; save the file as UTF-8 [SW102]"]


def test_a_byte_order_mark_is_no_part_of_the_text(loader: Loader) -> None:
    assert len(loader.load("\ufeff" + ENVIRONMENT).environments) == 1
    (line,) = loader.refuse("\ufeffkind: Nothing\napiVersion: modelplane.ai/v1alpha1\n")
    assert line.startswith("1:7: kind: ")


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n---\n", "null\n", "---\n# nothing\n...\n"])
def test_a_file_without_a_document(loader: Loader, text: str) -> None:
    assert loader.refuse(text, ENVIRONMENT) == [
        "0.yaml: there is no document in it; write one, or leave the file out [SW103]"
    ]


def test_empty_documents_between_others_are_skipped(loader: Loader) -> None:
    assert len(loader.load(f"---\n---\n{ENVIRONMENT}---\n# end\n").environments) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n§", "not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: b§: c\n", "not YAML: mapping values are not allowed in this context; if this is text, put it in quotes"),
        (
            "a: §%b\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "if this is text, put it in quotes"
            ),
        ),
        (
            "a:\n§\tb: 1\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "YAML is indented with spaces, never with tabs"
            ),
        ),
        (
            "a: 1\n§\tb: 2\n",
            (
                "not YAML: while scanning a plain scalar, found a tab character that violates indentation; "
                "YAML is indented with spaces, never with tabs"
            ),
        ),
        ("a: §*x\n", "not YAML: found undefined alias"),
        ("é: 1\nb: é§\x01\n", "not YAML: control characters are not allowed (character #x1); remove it"),
        ("a: §!!int x\n", "not YAML: this is no int"),
        ("a: §!!int ''\n", "not YAML: this is no int"),
        ("a: §!!bool maybe\n", "not YAML: this is no bool"),
        (f"a: §{'9' * 5000}\n", "not YAML: a number of 5,000 characters"),
        (f"a: §0x{'f' * 5000}\n", "not YAML: a number of 5,002 characters"),
        (
            "a: §!!python/name:os.system x\n",
            (
                "not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'; "
                "remove the tag: documents are plain text, numbers, lists and mappings"
            ),
        ),
        (
            "a: §!!set {a, b}\n",
            (
                "not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:set'; "
                "remove the tag: documents are plain text, numbers, lists and mappings"
            ),
        ),
        ("? §[a]\n: b\n", "not YAML: while constructing a mapping, found unhashable key"),
    ],
)
def test_what_is_no_yaml_is_refused_where_it_stands(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW104]"


def test_documents_before_a_syntax_error_are_judged_too(loader: Loader) -> None:
    lines = loader.refuse("apiVersion: modelplane.ai/v1alpha1\nkind: Modell\n---\na: [\n")
    assert [line.split("[SW")[-1] for line in lines] == ["108]", "104]"]


def test_keys_that_stand_twice(loader: Loader) -> None:
    lines = loader.refuse("a: 1\nb: {c: 1, c: 2}\na: 2\n---\nx: 1\nx: 2\n")
    assert lines == [
        '2:11: "c" stands on line 2 already; keep one [SW105]',
        '3:1: "a" stands on line 1 already; keep one [SW105]',
        '6:1: "x" stands on line 5 already; keep one [SW105]',
    ]


@pytest.mark.parametrize(("text", "got"), [("§- a\n", "list"), ("§hello\n", "single value"), ("§7\n", "single value")])
def test_what_is_no_mapping(loader: Loader, text: str, got: str) -> None:
    expected = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {got} [SW107]"
    assert loader.refuse_at(text) == expected


KINDS = '"InferenceEnvironment" or "ClusterModel" or "Model" or "ModelDeployment"'.replace('"', "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("§kind: Model\n", 'apiVersion: "apiVersion" is required: modelplane.ai/v1alpha1'),
        ("§apiVersion: modelplane.ai/v1alpha1\n", f'kind: "kind" is required: {KINDS}'),
        ("apiVersion: §v1\nkind: Secret\n", 'apiVersion: got "v1", expected modelplane.ai/v1alpha1'),
        (
            "apiVersion: modelplane.ai/v1alpha1\nkind: §InferenceEnviroment\nspec: 7\nother: 8\n",
            f'kind: got "InferenceEnviroment", expected {KINDS}; did you mean "InferenceEnvironment"?',
        ),
        ("apiVersion: modelplane.ai/v1alpha1\nkind: §[Model]\n", f"kind: got a list, expected {KINDS}"),
        ("apiVersion: §1\nkind: Model\n", "apiVersion: got 1, expected modelplane.ai/v1alpha1"),
    ],
)
def test_a_wrong_kind_is_one_message(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW108]"
