"""No credential stays in the temporary directory, however `pulumi` is run and however it ends.

Files are judged by what is in them, whoever wrote them: a provider on PATH may be any.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from slicewise.clusters.access import temporary_directory as private_tmp
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.credentials import account_token, kubeconfig_of
from tests.engine.plain_pulumi import eventually, kill, remove_half_written, run, start
from tests.engine.workspace import Workspace
from tests.processes import descendants, wait_ended

pytestmark = pytest.mark.real_start

TINY = model("tiny", profile("any", memoryPerGpu="30Gi"))
POOL = environment("mig-a", slices("small", "3g.40gb"))
CHAT = deployment("chat", "tiny")

UP = ("up", "--yes", "--skip-preview")


@pytest.fixture
def token(plane: ControlPlane) -> Iterator[str]:
    """A token that may do everything; nothing that it was used for is there before or after the test."""
    with connect(plane) as client:
        client.apply(Namespace(metadata=ObjectMeta(name="team")))
        yield account_token(client, "temporary", admin=True)
        client.deletecollection(LLMInferenceService, namespace="team")


@pytest.fixture
def stack(workspace: Workspace, plane: ControlPlane, token: str) -> Workspace:
    """A stack with one deployment, whose kubeconfig has the token."""
    workspace.set_config('kubeconfigs["mig-a"]', kubeconfig_of(plane, token=token), secret=True)
    workspace.write(POOL, TINY, CHAT)
    return workspace


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """What the tests give as TMPDIR."""
    made = tmp_path / "temporary"
    made.mkdir()
    return made


def credentials(directory: Path, token: str) -> list[Path]:
    """Return the files below `directory` that have the token."""
    found = []
    for folder, _, names in os.walk(directory):
        for path in (Path(folder, name) for name in names):
            try:
                if token.encode() in path.read_bytes():
                    found.append(path)
            except FileNotFoundError:
                continue  # removed in between
    return found


def assert_stays_clean(directory: Path, token: str) -> None:
    """Wait until no file has the token, and see that it stays so."""
    eventually(lambda: not credentials(directory, token), "no credential")
    time.sleep(0.5)
    assert credentials(directory, token) == []


def test_nothing_stays_after_previews_and_updates(
    stack: Workspace, plane: ControlPlane, directory: Path, token: str
) -> None:
    for arguments in (("preview",), UP, ("up", "--yes"), ("up", "--yes", "--skip-preview", "--refresh")):
        run(stack, directory, *arguments)
        assert_stays_clean(directory, token)
    # One that fails, and one that deletes through a provider which only the state knows: the program has ended by then.
    stack.set_config("waitForReady", "true")
    stack.set_config("readyTimeout", "2")
    run(stack, directory, *UP, fails=True)
    stack.set_config("waitForReady", "false")
    assert_stays_clean(directory, token)
    stack.write(environment("mig-b", slices("small", "3g.40gb")), TINY)
    stack.set_config('kubeconfigs["mig-b"]', plane.kubeconfig, secret=True)
    run(stack, directory, *UP)
    assert_stays_clean(directory, token)
    assert list(directory.iterdir()) == []


def test_what_an_operation_without_the_program_leaves_the_next_preview_removes(
    stack: Workspace, directory: Path, token: str
) -> None:
    run(stack, directory, *UP)
    wait_ended(str(directory))  # its sweeper
    run(stack, directory, "refresh", "--yes", "--skip-preview")
    # If this fails the provider has become better, and docs/kubeconfigs.md says too much.
    assert credentials(directory, token)

    run(stack, directory, "preview")

    assert_stays_clean(directory, token)


def test_a_private_directory_serves_every_operation(stack: Workspace, directory: Path) -> None:
    stack.up()
    command = [sys.executable, private_tmp.__file__, "pulumi", "--non-interactive", "--stack", "test"]
    for arguments in (
        ["refresh", "--yes", "--skip-preview"],
        ["preview", "-v=9"],
        ["destroy", "--yes", "--skip-preview"],
    ):
        subprocess.run(
            [*command, *arguments],
            cwd=stack.directory,
            env=stack.environment | {"TMPDIR": str(directory)},
            check=True,
            capture_output=True,
            timeout=240,
        )
        assert list(directory.iterdir()) == []


def test_the_tests_own_runs_have_one(stack: Workspace, directory: Path) -> None:
    stack.environment["TMPDIR"] = str(directory)

    stack.preview()
    stack.up()
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")

    assert list(directory.iterdir()) == []


def test_nothing_stays_when_the_engine_is_killed(stack: Workspace, directory: Path, token: str) -> None:
    moments = random.Random(1)  # noqa: S311 - when to kill
    for _ in range(3):
        with start(stack, directory, *UP) as engine:
            eventually(partial(_provider_runs, engine.pid), "the provider")
            time.sleep(moments.uniform(0, 1))
            others = descendants(engine.pid)
            kill(engine.pid)
        try:
            assert_stays_clean(directory, token)
        finally:
            kill(*others)
        remove_half_written(stack)
        run(stack, directory, "cancel", "--yes")


def _provider_runs(engine: int) -> bool:
    return "pulumi-resource-kubernetes" in str(descendants(engine))


def test_the_next_run_removes_what_stayed_when_everything_was_killed(
    stack: Workspace, directory: Path, token: str
) -> None:
    # A sweeper that is killed too late has removed what the provider wrote.
    for _ in range(20):
        _kill_all_with_what_a_provider_wrote(stack, directory, token)
        if credentials(directory, token):
            break
    assert credentials(directory, token)

    run(stack, directory, "preview")

    assert_stays_clean(directory, token)


def _kill_all_with_what_a_provider_wrote(stack: Workspace, directory: Path, token: str) -> None:
    """Kill an update's sweeper, and all the rest of it as soon as a provider has written a kubeconfig."""
    with start(stack, directory, *UP) as engine:

        def sweepers() -> list[int]:
            return [pid for pid, command in descendants(engine.pid).items() if "sweeper.py" in command]

        eventually(lambda: bool(sweepers()), "a sweeper")
        kill(*sweepers())
        eventually(lambda: bool(credentials(directory, token)) or engine.poll() is not None, "what a provider writes")
        others = descendants(engine.pid)
        engine.kill()
        kill(*others)
    remove_half_written(stack)
    run(stack, directory, "cancel", "--yes")
