"""`slicewise render`: the manifests of what is placed, for GitOps."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import typer

from slicewise.changes import ChangeKind, Effect, PlanChanges, parts_of_plan, plan_changes
from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import fail, print_lines, read_fleet, read_previous
from slicewise.cli.manifest_files import (
    ChangedMeanwhileError,
    documents_owner,
    not_written,
    rendering_line,
    write_manifests,
)
from slicewise.cli.options import (
    AllowMoves,
    CreateDeviceClasses,
    CreateNamespaces,
    OutputDirectory,
    Paths,
    PlanAfresh,
    Previous,
    RenderOwner,
    WhenShort,
)
from slicewise.cli.remembered_plan import RememberedPlan, recall, without_memory
from slicewise.cli.results import print_result
from slicewise.clusters.live import NAMESPACE_KIND
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, counted, printable, shown_file
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import DEVICE_CLASS_KIND, device_classes
from slicewise.planning import Move, MoveCode, OnShortfall, Plan, Rejections, make_plan
from slicewise.presentation import print_beside, print_changes, printing_console, shortfall_lines


def render(  # noqa: PLR0913 - each is an option
    paths: Paths,
    output_dir: OutputDirectory,
    previous: Previous = None,
    *,
    fresh: PlanAfresh = False,
    allow_moves: AllowMoves = False,
    create_namespaces: CreateNamespaces = False,
    create_device_classes: CreateDeviceClasses = False,
    owner: RenderOwner = None,
    on_shortfall: WhenShort = OnShortfall.FAIL,
) -> None:
    """Write the manifests of what is placed, one directory an environment, for GitOps.

    The plan is written beside them (slicewise-plan.json) and read by the next rendering, so that what runs stays where
    it is. All files are written or none. Manifests that the same documents were rendered to before and the plan no
    longer has are removed; files of other documents and of other people are left alone.

    Example: slicewise render stacks/prod --output-dir manifests
    """
    fleet = read_fleet(paths)
    created = [
        *([NAMESPACE_KIND] if create_namespaces else []),
        *([DEVICE_CLASS_KIND] if create_device_classes else []),
    ]
    whose = owner or documents_owner(paths, output_dir)
    while True:
        remembered = _recall(output_dir, whose, asked=not (fresh or previous))
        before = read_previous(previous)[0] if previous else remembered.placements
        made = make_plan(fleet, () if fresh else before)
        changes = plan_changes(before, made, parts_of_plan(fleet, made)) if before else None
        _stop_at_shortfalls(fleet, made, changes, on_shortfall)
        _stop_at_moves(made, changes, output_dir, allowed=allow_moves)
        try:
            rendering = write_manifests(
                fleet,
                made,
                output_dir,
                owner=whose,
                documents=paths,
                remembered=remembered,
                created=created,
            )
        except ChangedMeanwhileError:
            continue
        except InvalidInputError as error:
            fail(error)
        except OSError as error:
            fail(not_written(error, output_dir))
        break
    _say_changes(changes)
    if create_device_classes and not any(device_classes(each.spec) for each in fleet.environments):
        print_beside([f"warning: {_no_classes()}"])
    print_beside(shortfall_lines(fleet, made, Rejections(fleet, made)))
    print_result(printable(rendering_line(rendering, shown_file(str(output_dir)))))


def _no_classes() -> Diagnostic:
    return Diagnostic.warning(
        Code.CONFIG_WITHOUT_EFFECT,
        "--create-device-classes has no effect: no pool with allocation: extendedResource has slices, and other pools "
        "need no DeviceClass",
        "leave it out, or write allocation: extendedResource in the pools that are meant",
    )


def _say_changes(changes: PlanChanges | None) -> None:
    if changes:
        print_changes(printing_console(), changes)


def _recall(directory: Path, owner: str, *, asked: bool) -> RememberedPlan:
    if not asked:
        return without_memory(directory, owner)
    try:
        return recall(directory, owner)
    except InvalidInputError as error:
        fail(error)


def _stop_at_shortfalls(fleet: Fleet, plan: Plan, changes: PlanChanges | None, on_shortfall: OnShortfall) -> None:
    if plan.shortfalls and on_shortfall is OnShortfall.FAIL:
        _say_changes(changes)
        print_beside(shortfall_lines(fleet, plan, Rejections(fleet, plan)))
        print_beside(["nothing is written; make room, or write the rest with --on-shortfall warn"])
        raise typer.Exit(exit_codes.SHORTFALL)


def _stop_at_moves(plan: Plan, changes: PlanChanges | None, directory: Path, *, allowed: bool) -> None:
    """End where something would leave the pool that it runs in, unless that was allowed or asked for."""
    moved = changes.of_kind(ChangeKind.MOVED) if changes else []
    # A pool that was renamed, or is part of another: the same pods on the same nodes.
    going_on = {(each.deployment, each.environment) for each in moved if each.effect is Effect.NONE}
    leaving = [move for move in plan.moved if _leaves_unasked(move, going_on)]
    if allowed or not leaving:
        return
    _say_changes(changes)
    deployments = len({move.deployment for move in leaving})
    message = (
        f"{counted(deployments, 'deployment')} would leave the pool or slices of the last rendering, and "
        "restart elsewhere, so nothing is written"
    )
    remedy = "if that is meant, pass --allow-moves; else undo the change of the documents that the lines above name"
    place = Place(str(directory))
    problem = Diagnostic.error(Code.WOULD_MOVE, message, remedy, place=place, deployments=deployments)
    print_lines([str(problem)])
    raise typer.Exit(exit_codes.MOVES)


def _leaves_unasked(move: Move, going_on: Collection[tuple[DeploymentKey, str]]) -> bool:
    if move.target is None:
        return move.code is not MoveCode.FEWER_ENVIRONMENTS
    here, there = move.source, move.target
    if (move.deployment, there.environment) in going_on:
        return False
    # Slices of another profile on the same nodes are another place, too.
    return (here.environment, here.node_pool, here.resource) != (there.environment, there.node_pool, there.resource)
