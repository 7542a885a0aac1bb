"""What must hold for whatever anybody feeds to Slicewise; the fuzzers and the mutation tests hold it to this."""

from __future__ import annotations

import io
import json
import re
import sys
from functools import cache
from pathlib import Path

import yaml

from slicewise.clusters.access.kubeconfig import KubeconfigError, read_context
from slicewise.diagnostics import Diagnostic, InvalidInputError, by_place
from slicewise.documents import Fleet, load_fleet, resources_of
from slicewise.manifests import environment_objects
from slicewise.planning import Plan, PreviousPlacement, Rejections, make_plan, parse_previous, plan_lists, read_lists

ROOT = Path(__file__).parents[2]
# What ends a line in YAML 1.1, to which libyaml counts.
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LONGEST_LINE = 3_000
# A run is cut off after this many mistakes, and one line that says how many more there are.
_MOST_PROBLEMS = 1001


def loads_or_explains(content: bytes) -> Fleet | None:
    """Load documents from standard input; whatever is wrong with them, the errors are such that a person can use."""
    try:
        fleet = _loaded(content)
    except InvalidInputError as error:
        _judge(error, content)
        return None
    return fleet


def plans_and_renders(fleet: Fleet, previous: tuple[PreviousPlacement, ...] = ()) -> None:
    """Plan what loads, and render what is placed; the plan can be read back, and JSON and YAML can hold it all."""
    plan = make_plan(fleet, previous)
    data = json.loads(json.dumps(read_lists(plan_lists(fleet, plan, Rejections(fleet, plan))), allow_nan=False))
    _judge_counts(fleet, plan)
    parse_previous(data["placements"], "the plan")
    for objects in environment_objects(fleet, plan).values():
        for item in objects:
            assert yaml.load(yaml.safe_dump(item), Loader=yaml.CSafeLoader) == item


def document_fuzz(content: bytes) -> None:
    """Load documents, and go on to manifests with what loads."""
    fleet = loads_or_explains(content)
    if fleet is not None:
        plans_and_renders(fleet)


def kubeconfig_fuzz(content: bytes) -> None:
    """Read a kubeconfig; none of a secret's content is in the message."""
    try:
        server = read_context(content.decode(errors="surrogateescape")).server
    except KubeconfigError as error:
        _judge_secrecy(error)
    else:
        assert server.lower().startswith(("http://", "https://"))


def previous_fuzz(content: bytes) -> None:
    """Plan the demo after an earlier plan, which may be anything."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return
    try:
        previous = parse_previous(data.get("placements") if isinstance(data, dict) else data, "plan.json")
    except InvalidInputError as error:
        for problem in error.problems:
            assert problem.code.value == "SW109"
            _judge_text(problem)
        return
    plans_and_renders(_demo(), previous)


TARGETS = {"loader": document_fuzz, "kubeconfig": kubeconfig_fuzz, "previous": previous_fuzz}


def _loaded(content: bytes) -> Fleet:
    stdin = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(content))
    try:
        return load_fleet(["-"])
    finally:
        sys.stdin = stdin


@cache
def _demo() -> Fleet:
    return load_fleet([str(ROOT / "stacks/demo")])


def _judge(error: InvalidInputError, content: bytes) -> None:
    problems = error.problems
    assert problems
    assert list(problems) == by_place(set(problems))
    lines = _LINE_END.split(content.decode("utf-8-sig", errors="replace"))
    assert len(problems) <= _MOST_PROBLEMS
    for problem in problems:
        _judge_text(problem)
        assert (problem.place.line == 0) == (problem.place.column == 0)
        assert 0 <= problem.place.line <= len(lines), problem
        if problem.place.line:
            assert problem.place.column <= len(lines[problem.place.line - 1]) + 1, problem


def _judge_text(problem: Diagnostic) -> None:
    text = str(problem)
    assert text.isprintable(), repr(text)
    assert len(text) <= _LONGEST_LINE, len(text)
    # Files and YAML, documents, and the config of a model.
    assert re.search(r" \[SW[127]\d\d\]$", text), text


def _judge_secrecy(error: KubeconfigError) -> None:
    assert str(error).isascii()
    assert str(error).isprintable()
    # A parser's own error quotes what it read.
    assert error.__cause__ is None


def _judge_counts(fleet: Fleet, plan: Plan) -> None:
    assert sum(usage.allocated for usage in plan.node_pools) == sum(placement.units for placement in plan.placements)
    assert all(0 <= usage.allocated <= usage.units for usage in plan.node_pools)
    pools = [pool for environment in fleet.environments for pool in environment.spec.node_pools]
    assert len(plan.node_pools) == sum(len(resources_of(pool)) for pool in pools)
