"""Ten kills at random moments of updates, API server and etcd killed in two more, and all of it without checkpoints.

Nothing is lost or doubled.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import Popen

import pytest

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.engine import plain_pulumi
from tests.engine.attacks.moments import SEED, Moment, moment, points, seed
from tests.engine.attacks.table import CHECKOUT
from tests.engine.attacks.target import SECONDS, Target, assert_worked, text
from tests.engine.attacks.verdicts import SEEN
from tests.engine.plain_pulumi import eventually, kill
from tests.engine.workspace import Workspace
from tests.processes import descendants

pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attacks-kills")]

Seen = Callable[[str, object], None]

UP = ("up", "--yes", "--skip-preview")
ENGINE = "pulumi --non-interactive"
# Each process by what only its command line has.
PROGRAM, PROVIDER, HOST = "pulumi-language-python-exec", "pulumi-resource-kubernetes", "pulumi-language-python "
# One update makes this many services, the next one deletes them all, and so on.
NUMBER = 20

WITHOUT_CHECKPOINTS = {"PULUMI_SKIP_CHECKPOINTS": "true"}

DRAWN_WITH = seed()
POINTS = points(DRAWN_WITH, 10)
OF_SERVERS = points(DRAWN_WITH + 1, 2)


@pytest.fixture(scope="module", params=[{}, WITHOUT_CHECKPOINTS], ids=["checkpoints", "no-checkpoints"])
def stack(
    plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Target]:
    """A stack that the attacks of this module share: with the engine's checkpoints, and without."""
    workspace = Workspace.create(tmp_path_factory.mktemp("killed"), real_start=True)
    workspace.environment.update(request.param)
    with Target.at(plane, workspace, "killed") as made:
        made.declare()
        made.stack.up()
        yield made


def wanted_next(target: Target) -> list[str]:
    """Declare twenty services where there are none and none where there are some; return those that are to be."""
    names = [] if target.services() else [f"chat-{number:02}" for number in range(NUMBER)]
    target.declare(*(target.chat(name) for name in names))
    return names


def changes(target: Target, wanted: Sequence[str]) -> int:
    """Return how many services an update has made or deleted."""
    there = len(target.services())
    return there if wanted else NUMBER - there


def victims(engine: int, who: Sequence[str]) -> list[int]:
    """Return the processes that `who` names, among the engine and all that it started."""
    processes = {engine: ENGINE} | descendants(engine)
    return [pid for pid, command in processes.items() if any(name in command for name in who)]


def reach(target: Target, engine: Popen[str], wanted: Sequence[str], when: Moment, who: Sequence[str]) -> None:
    """Wait until the update is so far, and what `who` names runs."""
    eventually(lambda: bool(victims(engine.pid, who)), f"one of {who}")
    eventually(
        lambda: changes(target, wanted) >= when.changes or engine.poll() is not None, f"{when.changes} changes", SECONDS
    )
    time.sleep(when.seconds)


def phase(target: Target, wanted: Sequence[str]) -> str:
    """Return how far an update is: in the cluster, and in the state."""
    there = f"{changes(target, wanted)} of {NUMBER} {'made' if wanted else 'deleted'}"
    try:
        file = target.stack.directory / "state/.pulumi/stacks/slicewise/test.json"
        state = json.loads(file.read_text())["checkpoint"]["latest"]
    except ValueError:
        return f"{there}; the state is half written"
    services = sum(item["urn"].endswith("-service") for item in state.get("resources") or [])
    return f"{there}; the state has {services} and {len(state.get('pending_operations') or [])} pending"


def killed(target: Target, directory: Path, wanted: Sequence[str], who: Sequence[str], when: Moment) -> tuple[str, str]:
    """Start an update, kill what `who` names at a moment of it, and return the phase and what it said."""
    with plain_pulumi.start(target.stack, directory, *UP) as engine:
        reach(target, engine, wanted, when, who)
        everything = [engine.pid, *descendants(engine.pid)]
        those = victims(engine.pid, who)
        running = engine.poll() is None
        kill(*those)
        at = phase(target, wanted)
        try:
            output, errors = engine.communicate(timeout=SECONDS)
        finally:
            kill(*everything)
    assert running, f"the update was over: {at}"
    assert those, f"nothing to kill: {at}"
    return at, output + errors


def assert_converges(target: Target, wanted: list[str], seen: str) -> None:
    """See that the documented steps after a kill end with exactly what is declared."""
    note = f"{SEED}={DRAWN_WITH}; the killed update said:\n{seen}\n"
    run = target.up()
    if "locked" in text(run):
        assert_worked(target.run("cancel", "--yes"))
        run = target.up()
    if "failed to load checkpoint" in text(run):
        # docs/troubleshooting.md: the file beside the state is empty, the state is whole.
        assert "json.attrs" in (CHECKOUT / "docs/troubleshooting.md").read_text()
        assert plain_pulumi.remove_half_written(target.stack)
        target.run("cancel", "--yes")
        run = target.up()
    if run.returncode != 0 or sorted(target.services()) != wanted:
        # Pending operations, as the same page has it.
        run = target.up("--refresh")
    assert run.returncode == 0, note + text(run)
    assert sorted(target.services()) == wanted, note
    assert target.stack.up().changes() == {}, note


def assert_survives_a_kill(target: Target, directory: Path, seen: Seen, number: int, *who: str) -> None:
    """Kill what `who` names in an update, at the moment of this kill's number, and see that nothing is lost."""
    wanted = wanted_next(target)
    at, said = killed(target, directory, wanted, who, moment(POINTS[number], last(wanted, who)))
    seen(SEEN, f"killed at {POINTS[number]:.0%}: {at}")
    assert_converges(target, wanted, f"{at}\n{said}")


def last(wanted: Sequence[str], who: Sequence[str]) -> int:
    """Return the last change after which there is something to kill, and something left to do."""
    if wanted:
        return NUMBER
    # The program has ended when the engine deletes.
    return 0 if PROGRAM in who and ENGINE not in who else NUMBER - 1


@pytest.mark.parametrize("number", [0, 1, 2])
def test_28_the_engine(stack: Target, tmp_path: Path, record_property: Seen, number: int) -> None:
    assert_survives_a_kill(stack, tmp_path, record_property, number, ENGINE)


@pytest.mark.parametrize("number", [3, 4])
def test_29_the_program(stack: Target, tmp_path: Path, record_property: Seen, number: int) -> None:
    assert_survives_a_kill(stack, tmp_path, record_property, number, PROGRAM)


@pytest.mark.parametrize("number", [5, 6])
def test_30_the_provider(stack: Target, tmp_path: Path, record_property: Seen, number: int) -> None:
    assert_survives_a_kill(stack, tmp_path, record_property, number, PROVIDER)


def test_31_the_language_host(stack: Target, tmp_path: Path, record_property: Seen) -> None:
    assert_survives_a_kill(stack, tmp_path, record_property, 7, HOST)


@pytest.mark.parametrize("number", [8, 9])
def test_32_everything(stack: Target, tmp_path: Path, record_property: Seen, number: int) -> None:
    assert_survives_a_kill(stack, tmp_path, record_property, number, ENGINE, PROGRAM, PROVIDER, HOST, "sweeper.py")


def interrupted(target: Target, directory: Path, wanted: Sequence[str], name: str, when: Moment) -> tuple[str, str]:
    """Start an update, have a server of the control plane away for 5 s, and return the phase and what was said."""
    (server,) = [each for each in target.plane.processes if each.name == name]
    with plain_pulumi.start(target.stack, directory, *UP) as engine:
        reach(target, engine, wanted, when, [PROVIDER])
        at = phase(target, wanted)
        running = engine.poll() is None
        server.kill()
        time.sleep(5)
        server.restart()
        server.wait_ready()
        output, errors = engine.communicate(timeout=SECONDS)
    target.served()
    assert running, f"the update was over: {at}"
    return at, output + errors


def assert_survives_without(target: Target, directory: Path, seen: Seen, number: int, name: str) -> None:
    """Have a server of the control plane away in the middle of an update, and see that nothing is lost."""
    wanted = wanted_next(target)
    at, said = interrupted(target, directory, wanted, name, moment(OF_SERVERS[number], NUMBER - 1))
    seen(SEEN, f"killed at {OF_SERVERS[number]:.0%}: {at}")
    assert_converges(target, wanted, f"{at}\n{said}")


def test_70_without_checkpoints_before_the_documents_are_taken_back(target: Target, tmp_path: Path) -> None:
    target.stack.environment.update(WITHOUT_CHECKPOINTS)
    names = wanted_next(target)
    killed(target, tmp_path, names, [ENGINE], Moment(changes=NUMBER // 2))
    lost = sorted({*target.services()} - {"chat-00"})
    assert lost
    target.declare(target.chat("chat-00"))
    assert_worked(target.run("cancel", "--yes"))

    run = target.up()

    assert_worked(run)
    assert "carry this stack's name, and neither the documents nor the stack's state have them" in text(run)
    # What is printed removes them, and then there is nothing to say.
    (command,) = set(re.findall(r"kubectl -n (\S+) delete llminferenceservices ([a-z0-9 -]+?) \[SW437\]", text(run)))
    assert command == (target.namespace, " ".join(lost))
    for name in lost:
        target.client.delete(LLMInferenceService, name, namespace=target.namespace)
    again = target.up()
    assert_worked(again)
    assert "SW437" not in text(again)
    assert sorted(target.services()) == ["chat-00"]


def test_33_the_api_server(stack: Target, tmp_path: Path, record_property: Seen) -> None:
    assert_survives_without(stack, tmp_path, record_property, 0, "kube-apiserver")


def test_34_etcd(stack: Target, tmp_path: Path, record_property: Seen) -> None:
    assert_survives_without(stack, tmp_path, record_property, 1, "etcd")
