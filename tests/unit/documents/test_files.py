"""What files, directories and standard input may be (SW101 to SW108)."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slicewise.documents import load_fleet
from tests.unit.documents.reading import DEPLOYMENT, ENVIRONMENT, MODEL, errors

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.usefixtures("loader")
def test_a_path_that_is_not_there() -> None:
    assert errors("nowhere", "neither.yaml") == [
        "neither.yaml: no such file or directory; correct the path, which is seen from where the command runs [SW101]",
        "nowhere: no such file or directory; correct the path, which is seen from where the command runs [SW101]",
    ]


@pytest.mark.usefixtures("loader")
def test_a_misspelt_path_is_told_which_there_is() -> None:
    Path("stacks/prod").mkdir(parents=True)
    assert errors("stacks/prdo") == ["stacks/prdo: no such file or directory; did you mean stacks/prod? [SW101]"]
    assert errors("stack/prod")[0].startswith("stack/prod: no such file or directory; correct the path")


@pytest.mark.usefixtures("loader")
def test_a_directory_without_documents() -> None:
    Path("empty").mkdir()
    Path("empty/README.md").write_text("no YAML")
    assert errors("empty") == [
        (
            "empty: the directory holds no *.yaml or *.yml file, and directories below it are searched only "
            "for DIR/**; name the directory that holds the documents [SW103]"
        )
    ]


@pytest.mark.usefixtures("loader")
def test_a_directory_is_its_yaml_files() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    Path("stack/models.YML").write_text(MODEL)
    Path("stack/deployment.Yaml").write_text(DEPLOYMENT)
    Path("stack/notes.txt").write_text("not: [yaml")
    Path("stack/below.yaml").mkdir()
    fleet = load_fleet(["stack"])
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (1, 1, 1)


@pytest.mark.usefixtures("loader")
def test_directories_below_are_read_if_asked_for() -> None:
    """A folder for each team, so that CODEOWNERS can name it. Hidden folders and links to folders are not read."""
    for name in ("fleet/clusters", "fleet/teams/search", "fleet/.git", "elsewhere"):
        Path(name).mkdir(parents=True)
    Path("fleet/clusters/a.yaml").write_text(ENVIRONMENT)
    Path("fleet/models.yml").write_text(MODEL)
    Path("fleet/teams/search/chat.yaml").write_text(DEPLOYMENT)
    Path("fleet/.git/config.yaml").write_text("not: [yaml")
    Path("elsewhere/more.yaml").write_text("not: [yaml")
    Path("fleet/link").symlink_to(Path("elsewhere").absolute())
    fleet = load_fleet(["fleet/**"])
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (1, 1, 1)
    Path("empty/below").mkdir(parents=True)
    assert errors("empty/**") == [
        (
            "empty: neither the directory nor one below it holds a *.yaml or *.yml file; "
            "name the directory that holds the documents [SW103]"
        )
    ]
    assert errors("fleeet/**") == ["fleeet: no such file or directory; did you mean fleet? [SW101]"]


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


@pytest.mark.usefixtures("loader")
def test_a_pipe_in_a_directory_is_not_waited_for() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    os.mkfifo("stack/pipe.yaml")
    expected = "is a pipe, a socket or a device, not a file; remove it from the directory"
    assert errors("stack") == [f"stack/pipe.yaml: {expected} [SW102]"]


@pytest.mark.usefixtures("loader")
def test_a_pipe_that_is_named_is_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "wb") as stream:
        stream.write(ENVIRONMENT.encode())
        stream.close()
        assert len(load_fleet([f"/dev/fd/{reading}"]).environments) == 1


@pytest.mark.usefixtures("loader")
def test_paths_that_no_system_takes() -> None:
    assert errors("a" * 5000) == [f"{'a' * 5000}: cannot be read: File name too long [SW102]"]
    assert errors("a\0b") == [
        '"a\\u0000b": no such file or directory; correct the path, which is seen from where the command runs [SW101]'
    ]


@pytest.mark.usefixtures("loader")
def test_a_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert errors("-") == ["<stdin>: cannot be read: it is closed [SW102]"]


@pytest.mark.usefixtures("loader")
def test_a_file_name_never_writes_to_the_terminal() -> None:
    Path("stack").mkdir()
    for name in ("a\x1b[31m\n.yaml", "b.yaml"):
        Path("stack", name).write_text(MODEL)
    Path("stack/c.yaml").symlink_to("gone\x1b.yaml")
    for line in errors("stack"):
        assert line.isprintable()
    assert 'is declared at "stack/a\\u001b[31m\\n.yaml":4 already' in errors("stack")[0]


@pytest.mark.usefixtures("loader")
def test_text_in_utf16() -> None:
    Path("a.yaml").write_bytes("a: 1".encode("utf-16"))
    Path("b.yaml").write_bytes("a: 1".encode("utf-16-le"))
    assert errors("a.yaml", "b.yaml") == [
        "a.yaml:1:1: byte 0xff is not UTF-8 (it looks like UTF-16); save the file as UTF-8 [SW102]",
        (
            "b.yaml:1:2: not YAML: control characters are not allowed (character #x0); "
            "if the file is UTF-16, save it as UTF-8 [SW104]"
        ),
    ]


@pytest.mark.usefixtures("loader")
def test_lines_are_counted_alike_in_all_errors() -> None:
    """YAML 1.1 ends lines at a carriage return, NEL and the separators of Unicode too."""
    for end in ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"):
        for number, wrong in enumerate(("a: \x01", "a: 'b", "? [c]\n: d", "a: *b")):
            Path("a.yaml").write_bytes(f"é: é{end}{wrong}".encode())
            column = 3 if number == 2 else 4
            assert errors("a.yaml")[0].startswith(f"a.yaml:2:{column}: "), (end, wrong)
        Path("a.yaml").write_bytes(f"é: é{end}é: ".encode() + b"\xff")
        assert errors("a.yaml")[0].startswith("a.yaml:2:4: "), end
