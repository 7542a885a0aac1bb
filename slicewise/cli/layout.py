"""`slicewise layout`: how GPUs are best cut."""

from __future__ import annotations

import json
from time import monotonic
from typing import Final

import typer

from slicewise.cli import exit_codes
from slicewise.cli.asked_slices import read_board, read_slices
from slicewise.cli.command_inputs import fail
from slicewise.cli.cut_gpus import cut_gpus_to_dict, print_cut_gpus
from slicewise.cli.options import AskedSlices, GpusGiven, GpuToCut, Output, TableOrJson
from slicewise.cli.results import print_result
from slicewise.diagnostics import InvalidInputError
from slicewise.layouts import fewest_gpus_for, most_slices_on, slice_needs
from slicewise.presentation import printing_console

_SECONDS: Final = 10.0


def propose_layout(
    gpu: GpuToCut, slices: AskedSlices, gpus: GpusGiven = None, output: TableOrJson = Output.TABLE
) -> None:
    """Say how GPUs are best cut into slices: the fewest GPUs, or the most slices on those that there are.

    Each GPU's slices come in an order in which they can be made, with the memory slices that they begin at. A lower
    bound is printed beside the answer, and whether it is proved that no answer is better.

    Exit codes: 0 all slices have a place, 2 the input is wrong, 3 with --gpus: some have none.

    Example: slicewise layout --gpu a100-80gb --slices 1g.10gb=5,3g.40gb=2
    """
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
    if output is Output.JSON:
        print_result(json.dumps(cut_gpus_to_dict(found, gpus, seconds), indent=2))
    else:
        print_cut_gpus(printing_console(), board, found, gpus, seconds)
    if found.left:
        raise typer.Exit(exit_codes.SHORTFALL)
