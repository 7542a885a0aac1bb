"""`slicewise size`: whether a model fits a slice or GPU, with documents and without."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer

from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import fail, print_lines, read_fleet
from slicewise.cli.hub import read_hub_model
from slicewise.cli.options import (
    CheckpointBytes,
    ConfigFile,
    EngineArguments,
    FromHub,
    OnUnit,
    Output,
    SizedWords,
    TableOrJson,
    UnitMemory,
    VllmVersionName,
)
from slicewise.cli.results import print_result
from slicewise.cli.sized_models import (
    check_documents_alone,
    find_model,
    misspelt_options,
    one_unit,
    read_version,
    size_config,
    size_model,
)
from slicewise.cli.sizes import print_sizes, sizes_to_dict
from slicewise.diagnostics import InvalidInputError
from slicewise.presentation import printing_console
from slicewise.sizing import FitVerdict
from slicewise.sources import read_model_config


def judge_size(  # noqa: PLR0913 - one for each option
    words: SizedWords = None,
    *,
    config: ConfigFile = None,
    checkpoint_bytes: CheckpointBytes = None,
    vllm: VllmVersionName = None,
    engine_args: EngineArguments = "",
    on: OnUnit = None,
    memory: UnitMemory = None,
    from_hub: FromHub = None,
    output: TableOrJson = Output.TABLE,
) -> None:
    """Say whether a model fits a slice or GPU, with the arithmetic: weights, cache, and what vLLM needs beside them.

    With documents, every serving profile on every unit that has what it requires. Without, one engine on one unit:
    --config, with --on or --memory. With --from-hub, the architecture block of a model, for its document.

    Exit codes: 0 nothing surely fails, 2 the input is wrong, 3 a model surely does not start on a unit.

    Example: slicewise size gemma-3-27b stacks/demo
    """
    named = words or []
    alone = {
        "--checkpoint-bytes": checkpoint_bytes,
        "--vllm": vllm,
        "--engine-args": engine_args or None,
        "--on": on,
        "--memory": memory,
    }
    try:
        if from_hub is not None:
            _write_down(from_hub, [named or None, config, *alone.values()], output)
            return
        if config is None:
            check_documents_alone(named, alone)
            fleet = read_fleet(named[1:])
            sizes = size_model(fleet, find_model(fleet, named[0]))
        else:
            judged = one_unit(named, on, memory)
            version = read_version(vllm)
            sizes = [size_config(read_model_config(config), checkpoint_bytes, version, engine_args, judged)]
            print_lines(f"warning: {each}" for each in misspelt_options(engine_args))
    except InvalidInputError as error:
        fail(error)
    if output is Output.JSON:
        print_result(json.dumps(sizes_to_dict(sizes), indent=2))
    else:
        print_sizes(printing_console(), sizes)
    if any(each.verdict is FitVerdict.DOES_NOT_FIT for each in sizes):
        raise typer.Exit(exit_codes.SHORTFALL)


def _write_down(repository: str, others: Sequence[object], output: Output) -> None:
    """Print what a model on the Hub is made of.

    Raises:
        typer.BadParameter: Something else is asked, or the Hub does not say it.
        InvalidInputError: The model's config.json is not a JSON object.
    """
    if any(other is not None for other in others):
        raise typer.BadParameter("--from-hub goes with --output alone; put what it prints into the model's document")
    found = read_hub_model(repository)
    print_result(json.dumps(found.architecture, indent=2) if output is Output.JSON else found.text.rstrip("\n"))
