"""`slicewise layout --gpu … --slices …`: the GPU model and the slices that are asked for, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, closest_few, quoted, some
from slicewise.mig import (
    ALL_GPU_MODELS,
    AmbiguousAcceleratorError,
    GpuModel,
    UnknownAcceleratorError,
    can_be_placed,
    canonical_profile_name,
    find_gpu_model,
)

MOST_SLICES_ASKED: Final = 1_000_000
_GPU, _SLICES = Place("--gpu"), Place("--slices")
_MOST_MEANT = 3
_EXAMPLE = "write for example --slices 1g.10gb=5,3g.40gb=2"


def read_board(text: str) -> GpuModel:
    """Return the GPU model that `--gpu` names.

    Raises:
        InvalidInputError: No GPU has this name, or several have it, it cannot be cut, or its places are not published.
    """
    try:
        board = find_gpu_model(text)
    except AmbiguousAcceleratorError as error:
        message = f"{quoted(error.text)} may be any of {', '.join(error.candidates)}"
        raise _wrong(Code.UNKNOWN_ACCELERATOR, message, "write which", _GPU) from None
    except UnknownAcceleratorError as error:
        hint = f"did you mean {' or '.join(error.suggestions)}?" if error.suggestions else f"write {_boards()}"
        message = f"{quoted(error.text)} is not in the catalogue of GPU models"
        raise _wrong(Code.UNKNOWN_ACCELERATOR, message, hint, _GPU) from None
    if not board.mig_capable:
        message = f"{board.name} cannot be cut into slices (it is not among NVIDIA's MIG GPUs)"
        raise _wrong(Code.NOT_MIG_CAPABLE, message, f"write {_boards()}", _GPU)
    if not can_be_placed(board, [profile.name for profile in board.profiles]):
        message = f"nobody publishes where slices may begin on a {board.name}, so no layout can be proposed"
        raise _wrong(Code.PLACES_NOT_KNOWN, message, f"write {_boards()}", _GPU)
    return board


def read_slices(text: str, board: GpuModel) -> dict[str, int]:
    """Return how many slices of each profile `--slices` asks for.

    Raises:
        InvalidInputError: With everything that is wrong with it.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    read = [(part, *_split(part)) for part in parts]
    problems = [problem for part, name, count in read for problem in _problems(part, name, count, board)]
    names = [name for _, name, _ in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [_not_slices(f"{quoted(name)} is there twice", "write each profile once") for name in twice]
    if not parts:
        problems.append(_not_slices("it names no slices", _EXAMPLE))
    if problems:
        raise InvalidInputError(problems)
    return {name: count for _, name, count in read if count is not None}


def _split(part: str) -> tuple[str, int | None]:
    name, sign, count = (each.strip() for each in part.partition("="))
    digits = count.isascii() and count.isdigit() and len(count) <= len(str(MOST_SLICES_ASKED))
    return name, int(count) if sign and digits else None


def _problems(part: str, name: str, count: int | None, board: GpuModel) -> Iterator[Diagnostic]:
    if count is None or not 1 <= count <= MOST_SLICES_ASKED:
        yield _not_slices(f"{quoted(part)} is not a profile with a number from 1 to {MOST_SLICES_ASKED:,}", _EXAMPLE)
    elif board.profile(name) is None:
        offered = [each.name for each in board.profiles]
        meant = canonical_profile_name(name)
        close = [meant] if meant in offered else closest_few(name, offered, _MOST_MEANT)
        hint = f"did you mean {' or '.join(close)}?" if close else f"it has {some(offered)}"
        message = f"{quoted(name)} is not a MIG profile of {board.name}"
        yield Diagnostic.error(Code.UNKNOWN_PROFILE, message, hint, place=_SLICES)


def _boards() -> str:
    names = [each.name for each in ALL_GPU_MODELS if can_be_placed(each, [profile.name for profile in each.profiles])]
    return f"one of {', '.join(names)}"


def _not_slices(message: str, remedy: str) -> Diagnostic:
    return Diagnostic.error(Code.NOT_SLICES, message, remedy, place=_SLICES)


def _wrong(code: Code, message: str, remedy: str, place: Place) -> InvalidInputError:
    return InvalidInputError([Diagnostic.error(code, message, remedy, place=place)])
