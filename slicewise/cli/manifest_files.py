"""Manifests as files: one directory an environment, one file an object; all of them are written, or none."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from slicewise.cli.command_inputs import print_lines
from slicewise.cli.directory_lock import alone_in
from slicewise.cli.kustomization import kustomizations
from slicewise.cli.output_conflicts import conflicts
from slicewise.cli.output_directory import replace_all, signed, written_files
from slicewise.cli.remembered_plan import RememberedPlan, plan_text
from slicewise.clusters.live import NAMESPACE_KIND
from slicewise.clusters.preflight import is_reserved
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, counted, shown_file
from slicewise.documents import Fleet
from slicewise.manifests import DEVICE_CLASS_KIND, SERVICE_KIND, KubernetesObject, environment_objects, namespace_object
from slicewise.planning import Plan

STANDARD_INPUT = "standard input"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What `render` did.

    Attributes:
        written: How many manifests the plan has, each of which is there now.
        removed: How many files of the same owner the plan no longer has.
        left: How many files of other owners, or of unknown ones, are there still.
    """

    written: int
    removed: int
    left: int


def rendering_line(rendering: Rendering, directory: str) -> str:
    """Return what was done, as people read it."""
    removed = f", removed {rendering.removed} that this rendering does not have" if rendering.removed else ""
    left = f", left {rendering.left} of other owners" if rendering.left else ""
    return f"wrote {counted(rendering.written, 'manifest')} to {directory}{removed}{left}"


class _Dumper(yaml.SafeDumper):
    """Writes everything out: people and tools that read manifests trip over anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - of none, whatever it is
        return True


def manifest_text(item: KubernetesObject) -> str:
    """Return an object as YAML, in its own order; what it has twice is written twice."""
    return yaml.dump(item, Dumper=_Dumper, sort_keys=False)


def documents_owner(paths: Sequence[str], directory: Path) -> str:
    """Return what tells the documents at `paths` from others: where they are, as seen from the output directory.

    The same on every machine that has a checkout of both, however the paths were written.
    """
    there = os.path.realpath(directory)
    named = {STANDARD_INPUT if path == "-" else os.path.relpath(_placed(path), there) for path in paths}
    return ", ".join(sorted(map(shown_file, named)))


def _placed(path: str) -> Path:
    """Return the whole path; a link stays one, wherever it leads to today."""
    whole = Path(os.path.normpath(Path(path).absolute()))
    return Path(os.path.realpath(whole.parent)) / whole.name


class ChangedMeanwhileError(Exception):
    """Another run has rendered other placements of the same owner since the plan was made."""


def write_manifests(
    fleet: Fleet,
    plan: Plan,
    directory: Path,
    *,
    owner: str,
    documents: Sequence[str],
    remembered: RememberedPlan,
    created: Collection[str] = (),
) -> Rendering:
    """Write the objects of `plan` below `directory`, and remove those files of `owner` that it no longer has.

    Waits, and says so, while another run is at work in the directory.

    Args:
        fleet: What was planned.
        plan: What is rendered.
        directory: Where; made if it is missing.
        owner: Whose the files are, on one line.
        documents: The paths that the documents were read from.
        remembered: What the directory had of the last rendering when `plan` was made.
        created: The kinds of what services need and others may have made that are written, too: `Namespace`,
            `DeviceClass`.

    Raises:
        ChangedMeanwhileError: the directory has another plan by now, and nothing was written.
        InvalidInputError: something of others is in the way (SW111), and nothing was written.
        OSError: a file or directory cannot be written.
    """
    files = {
        directory / environment / _file_name(item): signed(manifest_text(item), owner)
        for environment, objects in environment_objects(
            fleet, plan, device_classes=DEVICE_CLASS_KIND in created
        ).items()
        for item in (*_namespaces(objects, make=NAMESPACE_KIND in created), *objects)
    }
    if not files and not directory.exists():
        return Rendering(0, 0, 0)
    with alone_in(directory, partial(_say_that_it_waits, directory)) as alone:
        if remembered.is_outdated:
            raise ChangedMeanwhileError
        rendered_from = {remembered.path: plan_text(fleet, plan, owner)} if files else {}
        return _replace(files, rendered_from, directory, owner, documents, alone=alone)


def _namespaces(objects: Iterable[KubernetesObject], *, make: bool) -> list[KubernetesObject]:
    """Return the namespaces of the objects, without those that every cluster has."""
    names = sorted({item["metadata"]["namespace"] for item in objects if "namespace" in item["metadata"]})
    return [namespace_object(name) for name in names if make and not is_reserved(name)]


def not_written(error: OSError, directory: Path) -> InvalidInputError:
    """Return what to say where a file below `directory`, or that itself, cannot be written (SW110)."""
    message = f"cannot be written: {error.strerror}"
    remedy = "choose a directory that you may write to, or make room where the disk is full"
    place = Place(str(error.filename or directory))
    return InvalidInputError([Diagnostic.error(Code.BAD_OUTPUT_DIRECTORY, message, remedy, place=place)])


def _say_that_it_waits(directory: Path) -> None:
    print_lines([f"waiting for another run of `render` into {shown_file(str(directory))}"])


def _replace(
    files: dict[Path, str],
    rendered_from: Mapping[Path, str],
    directory: Path,
    owner: str,
    documents: Sequence[str],
    *,
    alone: bool,
) -> Rendering:
    there = written_files(directory)
    shared = {path for path, text in files.items() if _is_shared(path, there.get(path, owner), text, owner)}
    problems = conflicts(files, shared, there, directory, owner, documents)
    if problems:
        raise InvalidInputError(problems)
    # Documents from standard input have no name, so others may have been written from there before.
    certain = owner != STANDARD_INPUT
    stale = [path for path, written_by in there.items() if certain and written_by == owner and path not in files]
    stay = (there.keys() | files.keys()) - {*stale}
    lists = kustomizations(stay, {path.parent for path in (*files, *stale)})
    texts = {path: text for path, text in files.items() if path not in shared}
    listed = {path: text for path, text in lists.items() if text is not None}
    gone = [path for path, text in lists.items() if text is None and path.exists()]
    replace_all({**texts, **listed, **rendered_from}, [*stale, *gone], alone=alone)
    return Rendering(len(files), len(stale), len(there.keys() - files.keys()) - len(stale))


def _is_shared(path: Path, other: str, text: str, owner: str) -> bool:
    """Whether the file of another owner says the same, and is one that services of several owners may share.

    No service is: two owners of one would each change it, and remove it, as their documents say.
    """
    if other in ("", owner) or f".{SERVICE_KIND.lower()}." in path.name:
        return False
    return path.read_bytes() == signed(text.removeprefix(signed("", owner)), other).encode()


def _file_name(item: KubernetesObject) -> str:
    metadata = item["metadata"]
    parts = (metadata.get("namespace"), item["kind"].lower(), metadata["name"])
    return ".".join(part for part in (*parts, "yaml") if part)
