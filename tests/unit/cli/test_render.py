"""`render` writes everything or nothing, and touches only what is its own."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from slicewise.cli import output_directory
from slicewise.cli.directory_lock import make_directories
from slicewise.cli.render import manifest_text
from tests.unit.cli.running import COMMAND, DEMO, ROOT, SECONDS, SHORTFALL, in_process, slicewise

GEMMA = "mig-a/team-a.llminferenceservice.gemma.yaml"
MANIFESTS = [
    GEMMA,
    "onprem-b/team-a.llminferenceservice.gemma.yaml",
    "onprem-b/team-b.llminferenceservice.chat-small.yaml",
]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The demo's documents, to be changed."""
    return Path(shutil.copytree(DEMO, tmp_path / "documents"))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def render(documents: Path | str, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return in_process("render", str(documents), "--output-dir", str(output), *arguments)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def contents(directory: Path) -> dict[str, bytes]:
    files = sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def without_deployments(documents: Path) -> None:
    (documents / "deployments.yaml").unlink()


def test_a_second_run_changes_no_byte_and_no_file(documents: Path, output: Path) -> None:
    assert render(documents, output).returncode == 0
    before = contents(output)
    times = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    again = render(os.path.relpath(documents), output)
    assert (again.returncode, again.stdout) == (0, f"wrote 3 manifests to {output}\n")
    assert contents(output) == before
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == times


def test_one_manifest_is_not_written_as_several(documents: Path, output: Path) -> None:
    edit(documents / "deployments.yaml", "environments: 2", "environments: 1")
    text = (documents / "deployments.yaml").read_text()
    (documents / "deployments.yaml").write_text(text.partition("---")[0])
    assert render(documents, output).stdout == f"wrote 1 manifest to {output}\n"


def test_a_shortfall_changes_nothing(documents: Path, output: Path) -> None:
    render(documents, output)
    before = contents(output)
    edit(documents / "deployments.yaml", "replicas: 6", "replicas: 600")
    run = render(documents, output)
    assert (run.returncode, run.stdout) == (3, "")
    assert "team-b/chat-small: 0 of 1 environments [SW501]" in run.stderr
    assert "nothing is written" in run.stderr
    assert contents(output) == before


def test_a_first_rendering_with_a_shortfall_makes_no_directory(output: Path) -> None:
    assert render(SHORTFALL, output).returncode == 3
    assert not output.exists()


def test_a_shortfall_that_is_accepted_renders_the_rest(documents: Path, output: Path) -> None:
    render(documents, output)
    edit(documents / "deployments.yaml", "replicas: 6", "replicas: 600")
    run = render(documents, output, "--on-shortfall", "warn")
    assert run.returncode == 0
    assert "[SW501]" in run.stderr
    assert list(contents(output)) == MANIFESTS[:2]


def test_what_the_plan_no_longer_has_is_removed(documents: Path, output: Path) -> None:
    render(documents, output)
    theirs = output / "mig-a" / "kustomization.yaml"
    theirs.write_text("resources: []\n")
    without_deployments(documents)
    run = render(documents, output)
    assert run.stdout == f"wrote 0 manifests to {output}, removed 3 that the plan no longer has\n"
    assert list(contents(output)) == ["mig-a/kustomization.yaml"]
    assert not (output / "onprem-b").exists()


def test_a_renamed_environment_takes_its_manifests_along(documents: Path, output: Path) -> None:
    render(documents, output)
    edit(documents / "environments.yaml", "name: mig-a\n", "name: mig-z\n")
    assert render(documents, output).returncode == 0
    assert sorted(path.name for path in output.iterdir()) == ["mig-z", "onprem-b"]


@pytest.mark.parametrize("environments", [("mig-a", "onprem-b"), ("mig-z", "onprem-z")])
def test_other_documents_keep_their_manifests(
    documents: Path, tmp_path: Path, output: Path, environments: tuple[str, str]
) -> None:
    """Two sets of documents, in environments of their own or in the same ones."""
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    for old, new in zip(("mig-a", "onprem-b"), environments, strict=True):
        edit(others / "environments.yaml", f"name: {old}\n", f"name: {new}\n")
    edit(others / "deployments.yaml", "name: gemma\n", "name: other-gemma\n")
    edit(others / "deployments.yaml", "name: chat-small\n", "name: other-chat\n")
    render(documents, output)
    first = contents(output)
    run = render(others, output)
    assert (run.returncode, run.stdout) == (0, f"wrote 3 manifests to {output}, left 3 of other owners\n")
    assert len(contents(output)) == 6
    without_deployments(others)
    assert ", removed 3 " in render(others, output).stdout
    assert contents(output) == first


def test_documents_from_standard_input_have_no_name_and_remove_nothing(output: Path) -> None:
    documents = b"\n---\n".join(path.read_bytes() for path in sorted(Path(DEMO).iterdir()))
    fewer = b"\n---\n".join((Path(DEMO) / f"{name}.yaml").read_bytes() for name in ("environments", "models"))
    arguments = ("render", "-", "--output-dir", str(output))
    assert slicewise(*arguments, stdin=documents).returncode == 0
    run = slicewise(*arguments, stdin=fewer)
    assert run.stdout == f"wrote 0 manifests to {output}, left 3 of other owners\n"
    assert list(contents(output)) == MANIFESTS


def test_an_owner_that_is_named_is_the_same_wherever_the_documents_are(documents: Path, output: Path) -> None:
    render(DEMO, output, "--owner", "prod")
    without_deployments(documents)
    assert ", removed 3 " in render(documents, output, "--owner", "prod").stdout


@pytest.mark.parametrize("owner", ["", " ", "a\nkind: Secret", "\x1b[31m"])
def test_an_owner_is_one_printable_line(output: Path, owner: str) -> None:
    run = render(DEMO, output, "--owner", owner)
    assert run.returncode == 2
    assert not output.exists()


def test_a_manifest_of_other_documents_is_not_replaced(documents: Path, tmp_path: Path, output: Path) -> None:
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    render(documents, output)
    before = contents(output)
    edit(others / "deployments.yaml", "replicas: 6", "replicas: 7")
    run = render(others, output)
    assert run.returncode == 2
    assert run.stderr.startswith(
        f'{output}: {MANIFESTS[2]} was rendered from other documents, of owner "../documents", which has 3 files here; '
    )
    assert run.stderr.endswith(" [SW111]\n")
    assert contents(output) == before
    # The first remedy.
    assert render(others, output, "--owner", "../documents").returncode == 0
    assert list(contents(output)) == MANIFESTS


def test_the_files_of_another_owner_go_in_one_step_and_none_of_them_stays(
    documents: Path, tmp_path: Path, output: Path
) -> None:
    """Files whose content is the same under either owner are not in the way, and must not be left behind."""
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    old = "the old one's"
    render(documents, output, "--owner", old)
    theirs = output / "mig-a" / "theirs.yaml"
    theirs.write_text(f"# Owner: {old}, in the notes of somebody else\n")
    edit(others / "deployments.yaml", "replicas: 6", "replicas: 7")
    edit(others / "deployments.yaml", "name: gemma\n", "name: other-gemma\n")
    run = render(others, output, "--owner", "new")
    assert run.returncode == 2
    command = re.search(r"remove all its files: (.*) \[SW111\]$", run.stderr)
    assert command
    subprocess.run(["bash", "-c", command[1]], check=True, timeout=10)  # noqa: S607 - what people paste
    assert list(contents(output)) == ["mig-a/theirs.yaml"]
    assert render(others, output, "--owner", "new").returncode == 0
    assert "the old one's\n" not in "".join(path.read_text() for path in output.rglob("team-a*.yaml"))


def test_a_rendering_that_does_not_say_whose_it_is_becomes_that_of_the_documents(documents: Path, output: Path) -> None:
    render(documents, output)
    expected = contents(output)
    for path in output.rglob("*.yaml"):
        lines = path.read_text().splitlines(keepends=True)
        assert lines[1].startswith("# Owner: ")
        path.write_text("".join([lines[0], *lines[2:]]))
    stale = output / "mig-a" / "team-a.llminferenceservice.gone.yaml"
    shutil.copy(output / GEMMA, stale)
    run = render(documents, output)
    assert (run.returncode, run.stdout) == (0, f"wrote 3 manifests to {output}, left 1 of other owners\n")
    assert stale.exists()
    stale.unlink()
    assert contents(output) == expected


def test_a_file_of_other_people_is_not_replaced(documents: Path, output: Path) -> None:
    theirs = output / GEMMA
    theirs.parent.mkdir(parents=True)
    theirs.write_text("by: hand\n")
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{theirs}: was not written by `render`")
    assert contents(output) == {GEMMA: b"by: hand\n"}


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_something_else_in_a_manifests_place_is_refused(documents: Path, output: Path, kind: str) -> None:
    place = output / GEMMA
    place.parent.mkdir(parents=True)
    if kind == "directory":
        place.mkdir()
    else:
        os.mkfifo(place)
    run = slicewise("render", str(documents), "--output-dir", str(output))
    assert run.returncode == 2
    assert run.stderr.startswith(f"{place}: is not a regular file")
    assert contents(output) == {}


def test_a_link_in_a_manifests_place_is_replaced_and_not_followed(
    documents: Path, tmp_path: Path, output: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (output / GEMMA).parent.mkdir(parents=True)
    (output / GEMMA).symlink_to(precious)
    assert render(documents, output).returncode == 0
    assert precious.read_text() == "precious"
    assert not (output / GEMMA).is_symlink()
    assert list(contents(output)) == MANIFESTS


def test_a_directory_that_is_a_link_is_not_followed(documents: Path, tmp_path: Path, output: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    output.mkdir()
    (output / "mig-a").symlink_to(elsewhere)
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        f"{output / 'mig-a'}: is a link, which `render` does not follow; put a directory in its place [SW111]"
    ]
    assert list(elsewhere.iterdir()) == []
    assert [path.name for path in output.iterdir()] == ["mig-a"]


@pytest.mark.parametrize("below", ["", "x/y"])
def test_a_link_to_itself_is_no_place_to_write_to(documents: Path, output: Path, below: str) -> None:
    output.symlink_to(output.name)
    run = in_process("render", str(documents), "--output-dir", str(output / below))
    assert run.returncode == 2
    assert "cannot be written" in run.stderr
    assert "[SW110]" in run.stderr
    assert output.is_symlink()


def test_what_is_not_a_file_beside_the_manifests_is_left_alone(documents: Path, tmp_path: Path, output: Path) -> None:
    """A directory called as a file, links that lead to nothing or outside, and a pipe that nothing writes to."""
    render(documents, output)
    stale = tmp_path / "elsewhere.yaml"
    shutil.copy(output / GEMMA, stale)
    beside = output / "mig-a"
    (beside / "directory.yaml").mkdir()
    (beside / "dangling.yaml").symlink_to("nowhere")
    (beside / "outside.yaml").symlink_to(stale)
    os.mkfifo(beside / "pipe.yaml")
    without_deployments(documents)
    run = slicewise("render", str(documents), "--output-dir", str(output))
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(path.name for path in beside.iterdir()) == [
        "dangling.yaml",
        "directory.yaml",
        "outside.yaml",
        "pipe.yaml",
    ]
    assert stale.exists()


def test_a_directory_of_documents_is_not_rendered_into(documents: Path, tmp_path: Path) -> None:
    """Another run would read the manifests as documents."""
    shutil.move(documents, tmp_path / "mig-a")
    run = render(tmp_path / "mig-a", tmp_path)
    assert run.returncode == 2
    assert "has the documents" in run.stderr
    assert "[SW111]" in run.stderr
    assert not (tmp_path / "onprem-b").exists()


def test_beside_the_documents_is_good(documents: Path) -> None:
    assert render(documents, documents).returncode == 0
    assert render(documents, documents).returncode == 0
    assert in_process("validate", str(documents)).returncode == 0


def test_what_cannot_be_written_leaves_the_earlier_rendering_whole(documents: Path, output: Path) -> None:
    """A file may not be longer than 4,096 bytes here: as a full disk, it stops the second of the manifests."""
    render(documents, output)
    before = contents(output)
    argument = "--" + "x" * 4500
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    edit(documents / "models.yaml", "--dtype=bfloat16", f"--dtype=bfloat16, {argument}")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    run = subprocess.run(
        [*COMMAND, "render", str(documents), "--output-dir", str(output)],
        cwd=ROOT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"{output / MANIFESTS[1]}: cannot be written: File too large [SW110]\n"
    assert contents(output) == before


def test_what_cannot_be_written_leaves_no_new_directory(documents: Path, output: Path) -> None:
    output.mkdir()
    (output / "onprem-b").write_text("a file where a directory must be")
    run = render(documents, output)
    assert run.returncode == 2
    assert "[SW110]" in run.stderr
    assert list(contents(output)) == ["onprem-b"]


def test_what_a_killed_run_left_is_removed(documents: Path, output: Path) -> None:
    render(documents, output)
    expected = contents(output)
    (output / "mig-a" / ".slicewise-render-team-a.llminferenceservice.gemma.yaml.tmp").write_text("half")
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    assert render(documents, output).returncode == 0
    assert list(contents(output)) == list(expected)
    assert contents(output)[GEMMA] != expected[GEMMA]


def of_other_teams(directory: Path) -> Path:
    """The demo's documents, whose manifests have other names and go into the same directories."""
    copy = Path(shutil.copytree(DEMO, directory))
    edit(copy / "deployments.yaml", "team-a", "team-c")
    edit(copy / "deployments.yaml", "team-b", "team-d")
    return copy


def start_render(documents: Path, output: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, "render", str(documents), "--output-dir", str(output)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.long
def test_two_runs_at_once_do_not_disturb_each_other(
    documents: Path, tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins when the first has written some temporary files, and not replaced anything."""
    others = of_other_teams(tmp_path / "others")
    render(documents, tmp_path / "expected")
    render(others, tmp_path / "expected")
    expected = contents(tmp_path / "expected")
    made, runs, said = list[Path](), list[subprocess.Popen[str]](), list[str]()

    def make(folder: Path) -> list[Path]:
        made.append(folder)
        if len(made) == 2:
            runs.append(start_render(others, output))
            # It says that it waits; if it does not wait, it ends.
            assert runs[0].stderr is not None
            said.append(runs[0].stderr.readline())
        return make_directories(folder)

    monkeypatch.setattr(output_directory, "make_directories", make)
    first = render(documents, output)
    (second,) = runs
    with second:
        assert second.wait(SECONDS) == 0
    assert (first.returncode, first.stderr) == (0, "")
    assert said == [f"waiting for another run of `render` into {output}\n"]
    assert contents(output) == expected


@pytest.mark.long
def test_a_run_that_waited_for_one_that_failed_makes_the_directory_again(
    documents: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = list[subprocess.Popen[str]]()

    def fail(folder: Path) -> list[Path]:
        runs.append(start_render(documents, output))
        assert runs[0].stderr is not None
        assert runs[0].stderr.readline().startswith("waiting")
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(output_directory, "make_directories", fail)
    assert render(documents, output).returncode == 2
    (second,) = runs
    with second:
        assert second.wait(SECONDS) == 0
    assert list(contents(output)) == MANIFESTS


def test_without_locks_what_may_be_another_runs_stays(
    documents: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On NFS a directory cannot be locked: it is not open for writing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert render(documents, output).returncode == 0
    live = output / "mig-a" / ".slicewise-render-0a1b2c3d-some.yaml.tmp"
    live.write_text("half")
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    assert render(documents, output).returncode == 0
    assert sorted(contents(output)) == sorted([*MANIFESTS, "mig-a/.slicewise-render-0a1b2c3d-some.yaml.tmp"])


def test_a_file_of_another_owner_that_is_not_utf_8_is_not_replaced(documents: Path, output: Path) -> None:
    assert render(documents, output, "--owner", "blue").returncode == 0
    with (output / GEMMA).open("ab") as file:
        file.write(b"# caf\xe9\n")
    before = contents(output)
    run = render(documents, output, "--owner", "green")
    assert run.returncode == 2
    assert f'{output}: {GEMMA} was rendered from other documents, of owner "blue"' in run.stderr
    assert contents(output) == before


def test_what_an_object_has_twice_is_written_twice() -> None:
    shared = {"containers": [{"name": "main"}]}
    text = manifest_text({"template": shared, "worker": shared})
    assert yaml.safe_load(text) == {"template": shared, "worker": shared}
    assert not any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text))


def test_nothing_is_written_as_a_reference_to_something_else(documents: Path, output: Path) -> None:
    """A service of several nodes has one pod template twice."""
    edit(
        documents / "models.yaml",
        "        requires:\n          memoryPerGpu: 72Gi",
        "        nodes: 2\n        requires:\n          memoryPerGpu: 72Gi",
    )
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 1")
    assert render(documents, output).returncode == 0
    (text,) = (path.read_text() for path in output.glob("onprem-b/team-a.llminferenceservice.*"))
    assert yaml.safe_load(text)["spec"]["worker"] == yaml.safe_load(text)["spec"]["template"]
    assert not any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text))
