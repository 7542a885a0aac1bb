"""`slicewise layout`: how GPUs are best cut, of documents and without."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import typer

from slicewise.cli import exit_codes
from slicewise.cli.asked_slices import read_board, read_slices
from slicewise.cli.command_inputs import fail, read_previous, read_with_text
from slicewise.cli.cut_gpus import cut_gpus_to_dict, print_cut_gpus
from slicewise.cli.fleet_layouts import fleet_layout_to_dict, fleet_mig_parted, print_fleet_layout
from slicewise.cli.options import (
    AskedSlices,
    Environments,
    GpusGiven,
    GpuToCut,
    LayoutAs,
    LayoutOutput,
    LayoutPaths,
    MayMove,
    NodePools,
    Previous,
)
from slicewise.cli.results import print_result
from slicewise.diagnostics import InvalidInputError, closest_few, quoted, some
from slicewise.documents import Fleet
from slicewise.layouts import fewest_gpus_for, most_slices_on, propose_for_fleet, proposed_documents, slice_needs
from slicewise.presentation import layout_picture, printing_console

_SECONDS: Final = 9.0


def propose_layout(  # noqa: PLR0913 - one for each option
    paths: LayoutPaths = None,
    *,
    previous: Previous = None,
    environment: Environments = None,
    node_pool: NodePools = None,
    gpu: GpuToCut = None,
    slices: AskedSlices = None,
    gpus: GpusGiven = None,
    move: MayMove = False,
    output: LayoutAs = LayoutOutput.TABLE,
) -> None:
    """Say how GPUs are best cut into slices: those of documents, or for given slices.

    With documents: how the nodes of each pool should be cut so that the most replicas are served, by priority, then
    the fewest nodes are cut anew; what runs only moves with --move. Without: the fewest GPUs that have the slices,
    or the most slices on --gpus. A bound that no layout can beat is printed beside every answer.

    Exit codes: 0 all is served, 2 the input is wrong, 3 something is not.

    Example: slicewise layout --gpu a100-80gb --slices 1g.10gb=5,3g.40gb=2
    """
    if paths:
        _check_alone("PATH", {"--gpu": gpu, "--slices": slices, "--gpus": gpus})
        wanted = environment or (), node_pool or ()
        _of_documents(paths, previous, wanted, output, move=move)
    elif gpu is None or slices is None:
        raise typer.BadParameter("name documents, or write --gpu and --slices")
    else:
        only = {"--previous": previous, "--environment": environment, "--node-pool": node_pool, "--move": move or None}
        _check_alone("--gpu", only)
        _of_slices(gpu, slices, gpus, output)


def _check_alone(what: str, others: Mapping[str, object]) -> None:
    beside = [name for name, value in others.items() if value is not None]
    if beside:
        raise typer.BadParameter(f"{what} does not go with {' and '.join(beside)}")


def _of_documents(
    paths: Sequence[str],
    previous: Path | None,
    wanted: tuple[Sequence[str], Sequence[str]],
    output: LayoutOutput,
    *,
    move: bool,
) -> None:
    files, fleet = read_with_text(paths)
    earlier, _ = read_previous(previous)
    found = propose_for_fleet(fleet, earlier, _wanted(fleet, *wanted), _SECONDS, move=move)
    if output is LayoutOutput.JSON:
        print_result(json.dumps(fleet_layout_to_dict(found), indent=2))
    elif output is LayoutOutput.SVG:
        print_result(layout_picture(found).removesuffix("\n"))
    elif output is LayoutOutput.DOCUMENTS:
        by_key = {each.state.key: each for each in found.pools}
        written = [each for _, content in files for each in proposed_documents(content.decode("utf-8-sig"), by_key)]
        print_result("\n---\n".join(written))
    elif output is LayoutOutput.MIG_PARTED:
        print_result(fleet_mig_parted(found))
    else:
        print_fleet_layout(printing_console(), found)
    if found.proposed.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)


def _wanted(fleet: Fleet, environments: Sequence[str], pools: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pools that may be cut anew.

    Raises:
        typer.BadParameter: An environment or a pool is not in the documents.
    """
    _check_names("--environment", environments, fleet.environment)
    here = [key for key in fleet.node_pool if not environments or key[0] in environments]
    names = {pool for _, pool in here} | {f"{where}/{pool}" for where, pool in here}
    _check_names("--node-pool", pools, names)
    return [key for key in here if not pools or key[1] in pools or "/".join(key) in pools]


def _check_names(option: str, names: Sequence[str], known: Collection[str]) -> None:
    there = sorted(known)
    for name in names:
        if name not in there:
            close = closest_few(name, there, 3)
            hint = f"did you mean {' or '.join(close)}?" if close else f"there is {some(there)}"
            raise typer.BadParameter(f"{option}: the documents have no {quoted(name)}; {hint}")


def _of_slices(gpu: str, slices: str, gpus: int | None, output: LayoutOutput) -> None:
    if output not in (LayoutOutput.TABLE, LayoutOutput.JSON):
        raise typer.BadParameter(f"--output {output.value} needs documents: write table or json")
    begun = monotonic()
    try:
        board = read_board(gpu)
        wanted = read_slices(slices, board)
    except InvalidInputError as error:
        fail(error)
    if gpus is None:
        found = fewest_gpus_for(board, slice_needs(wanted), _SECONDS)
    else:
        found = most_slices_on(board, wanted, gpus, _SECONDS)
    seconds = monotonic() - begun
    if output is LayoutOutput.JSON:
        print_result(json.dumps(cut_gpus_to_dict(found, gpus, seconds), indent=2))
    else:
        print_cut_gpus(printing_console(), board, found, gpus, seconds)
    if found.left:
        raise typer.Exit(exit_codes.SHORTFALL)
