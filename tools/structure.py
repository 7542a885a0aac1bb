"""How the code is laid out, in numbers: `.venv/bin/python tools/structure.py [CHECKOUT] [--json]`.

A package is a directory with an `__init__.py`. Its rooms are its own modules, and each of its sub-packages as one. An
arrow inside a package goes from a room to another room that it imports, however often; an arrow between packages is the
same one floor up. Imports are read by grimp, as for the contracts in `pyproject.toml`: those for types only count, too.

Any checkout can be measured, so that two commits can be compared (`git worktree add /tmp/old COMMIT`).
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import grimp

NOT_PRODUCT: Final = frozenset({"tests", "tools", "toolchain"})
PROGRAM: Final = "__main__"
LONG_FILE: Final = 400
ONE_THING_SEEN_TWICE: Final[Mapping[str, str]] = {
    "Fleet": (
        "all documents, validated and sorted, and the Pulumi component that plans and deploys them: users write the "
        "second, and the state of their stacks has it"
    ),
    "InferenceEnvironment": (
        "the kind of document, named as users write it, and the Pulumi component that deploys one: both are names of "
        "the product, and the state of every stack has the second"
    ),
}
"""Names that more than one module defines on purpose, each with the reason: they have one meaning."""


@dataclass(frozen=True, slots=True)
class PackageShape:
    """One package.

    Attributes:
        name: As it is imported.
        files: Python files of its own; those of its sub-packages are theirs.
        lines: Lines of these files.
        rooms: Its modules, and its sub-packages each as one.
        arrows: Pairs of rooms of which the first imports the second.
        circles: Arrows that would have to go for no rooms to import each other in a circle.
        has_face: Whether its `__init__.py` hands names on.
        face_used: Modules outside it that import the package itself.
        face_bypassed: Pairs of a module outside and a module inside that it imports directly. An import that passes
            several packages counts for the outermost that has a face, and for the innermost where none has.
    """

    name: str
    files: int
    lines: int
    rooms: int
    arrows: int
    circles: int
    has_face: bool
    face_used: int
    face_bypassed: int


@dataclass(frozen=True, slots=True)
class Structure:
    """The whole checkout.

    Attributes:
        packages: Every package, by name.
        arrows_between: Pairs of packages of which the first imports the second, whatever the depth. The program,
            `__main__.py`, counts as one, for the faces, too.
        against_layers: Pairs of layers of the contracts in `pyproject.toml` of which the lower reaches the higher one.
        long_files: Python files of more than 400 lines, with their lines: the product's.
        long_test_files: The same of the tests.
        words: Public classes, functions and names of types that more than one module of the product defines; `main` is
            every program's. Those of `ONE_THING_SEEN_TWICE` are among them.
    """

    packages: tuple[PackageShape, ...]
    arrows_between: int
    against_layers: int
    long_files: Mapping[str, int]
    long_test_files: Mapping[str, int]
    words: Mapping[str, tuple[str, ...]]


def measure(checkout: Path) -> Structure:
    """Measure the packages at the top of `checkout`: all but tests and tools.

    Raises:
        ValueError: the checkout has no Python package.
    """
    roots = sorted(path.parent.name for path in checkout.glob("*/__init__.py") if path.parent.name not in NOT_PRODUCT)
    if not roots:
        raise ValueError(f"{checkout} has no directory with an __init__.py")
    sys.path.insert(0, str(checkout))
    try:
        graph = grimp.build_graph(*roots, cache_dir=None)
    finally:
        sys.path.remove(str(checkout))
    _add_program(graph, checkout / f"{PROGRAM}.py")
    files = {name: _file(checkout, name) for name in graph.modules}
    packages = sorted(name for name, file in files.items() if file.name == "__init__.py")
    used, bypassed = _faces(graph, {name for name in packages if _hands_on(files[name], name)}, set(packages))
    shapes = tuple(_shape(graph, name, files, used, bypassed) for name in packages)
    return Structure(
        packages=shapes,
        arrows_between=len(_arrows_between(graph, set(packages))),
        against_layers=_against_layers(graph, checkout / "pyproject.toml"),
        long_files=_long(checkout, files.values()),
        long_test_files=_long(checkout, checkout.glob("tests/**/*.py")),
        words=_words(files),
    )


def _add_program(graph: grimp.ImportGraph, script: Path) -> None:
    """Add the script that Pulumi runs, which is in no package, with what it imports of them."""
    if not script.exists():
        return
    graph.add_module(PROGRAM)
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            for name in (f"{node.module}.{each.name}" for each in node.names):
                imported = name if name in graph.modules else node.module
                if imported in graph.modules:
                    graph.add_import(importer=PROGRAM, imported=imported)


def _file(checkout: Path, module: str) -> Path:
    path = checkout.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _shape(
    graph: grimp.ImportGraph,
    name: str,
    files: Mapping[str, Path],
    used: Mapping[str, int],
    bypassed: Mapping[str, int],
) -> PackageShape:
    rooms = graph.find_children(name)
    own = [files[name], *(files[room] for room in rooms if files[room].name != "__init__.py")]
    imports = [pair for pair in _imports(graph) if _within(name, *pair)]
    arrows = {(_child(name, importer), _child(name, imported)) for importer, imported in imports}
    return PackageShape(
        name=name,
        files=len(own),
        lines=sum(map(_lines, own)),
        rooms=len(rooms),
        arrows=sum(importer != imported for importer, imported in arrows),
        circles=len(graph.nominate_cycle_breakers(name)),
        has_face=_hands_on(files[name], name),
        face_used=used.get(name, 0),
        face_bypassed=bypassed.get(name, 0),
    )


def _imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            yield importer, imported


def _within(package: str, *modules: str) -> bool:
    return all(module.startswith(f"{package}.") for module in modules)


def _child(package: str, module: str) -> str:
    """Return the room of `package` that `module` is, or is in."""
    return module[: len(package) + 1] + module[len(package) + 1 :].partition(".")[0]


def _around(module: str, packages: set[str]) -> list[str]:
    """Return the packages that `module` is, or is in, the outermost first."""
    parts = module.split(".")
    names = [".".join(parts[: length + 1]) for length in range(len(parts))]
    return [name for name in names if name in packages]


def _arrows_between(graph: grimp.ImportGraph, packages: set[str]) -> set[tuple[str, str]]:
    of = {module: [module, *_around(module, packages)][-1] for module in graph.modules}
    return {(of[each], of[other]) for each, other in _imports(graph) if of[each] != of[other]}


def _hands_on(init: Path, package: str) -> bool:
    """Return whether an `__init__.py` imports names of its own package, as a face does."""
    nodes = ast.parse(init.read_text(encoding="utf-8")).body
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(node.level or f"{node.module}.".startswith(f"{package}.") for node in imports)


def _faces(
    graph: grimp.ImportGraph, faces: set[str], packages: set[str]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how often each package is imported by its face from outside, and how often past it."""
    used: dict[str, int] = defaultdict(int)
    bypassed: dict[str, int] = defaultdict(int)
    for importer, imported in _imports(graph):
        around = [each for each in _around(imported, packages) if importer != each and not _within(each, importer)]
        passed = [each for each in around if each != imported]
        with_face = [each for each in passed if each in faces]
        if with_face:
            bypassed[with_face[0]] += 1
        elif imported in packages and around:
            used[imported] += 1
        elif passed:
            bypassed[passed[-1]] += 1
    return used, bypassed


def _against_layers(graph: grimp.ImportGraph, pyproject: Path) -> int:
    """Return how many arrows go up between the layers that import-linter's contracts declare."""
    if not pyproject.exists():
        return 0
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    contracts = settings.get("tool", {}).get("importlinter", {}).get("contracts", [])
    return sum(
        len(graph.find_illegal_dependencies_for_layers(list(map(_layer, each["layers"])), _containers(each)))
        for each in contracts
        if each["type"] == "layers"
    )


def _layer(line: str) -> grimp.Layer:
    """Return a layer as import-linter reads it: `a : b` may import each other, `a | b` may not."""
    separator = ":" if ":" in line else "|"
    return grimp.Layer(*(part.strip("() ") for part in line.split(separator)), independent=separator == "|")


def _containers(contract: Mapping[str, Any]) -> set[str] | None:
    return set(contract["containers"]) if "containers" in contract else None


def _long(checkout: Path, files: Iterable[Path]) -> dict[str, int]:
    counted = {str(file.relative_to(checkout)): _lines(file) for file in sorted(files)}
    return {name: lines for name, lines in counted.items() if lines > LONG_FILE}


def _words(files: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    modules: dict[str, list[str]] = defaultdict(list)
    for module, file in sorted(files.items()):
        for word in {*_defined(ast.parse(file.read_text(encoding="utf-8")))}:
            modules[word].append(module)
    return {word: tuple(found) for word, found in sorted(modules.items()) if len(found) > 1}


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield what a module defines for others: classes, functions, and names given to types (`Labels = dict[...]`)."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [each.id for each in node.targets if isinstance(each, ast.Name) and _is_of_type(each.id)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_") and name != "main")


def _is_of_type(name: str) -> bool:
    return name[:1].isupper() and not name.isupper()


def report(structure: Structure) -> str:
    """Return the structure as text for people."""
    head = f"{'package':38} {'files':>5} {'lines':>6} {'rooms':>5} {'arrows':>6} {'circles':>7}  face: used, bypassed"
    lines = [head]
    for each in structure.packages:
        face = f"{each.face_used}, {each.face_bypassed}" if each.has_face else f"none ({each.face_bypassed} imports)"
        numbers = f"{each.files:5} {each.lines:6} {each.rooms:5} {each.arrows:6} {each.circles:7}"
        lines.append(f"{each.name:38} {numbers}  {face}")
    shapes = structure.packages
    lines += [
        "",
        f"files and lines: {sum(each.files for each in shapes)}, {sum(each.lines for each in shapes)}",
        f"arrows between packages: {structure.arrows_between}",
        f"arrows inside packages: {sum(each.arrows for each in shapes)}; most in one: {_most(shapes)}",
        f"circles: {sum(each.circles for each in shapes)}",
        f"arrows against the layers: {structure.against_layers}",
        f"faces bypassed: {sum(each.face_bypassed for each in shapes if each.has_face)}",
        f"imports into packages without a face: {sum(each.face_bypassed for each in shapes if not each.has_face)}",
        *_listed(f"files over {LONG_FILE} lines", structure.long_files),
        *_listed(f"test files over {LONG_FILE} lines", structure.long_test_files),
        *_defining("words with two meanings", two_meanings(structure)),
        *_defining("names of one thing seen twice", {word: structure.words[word] for word in seen_twice(structure)}),
    ]
    return "\n".join(lines)


def two_meanings(structure: Structure) -> dict[str, tuple[str, ...]]:
    """Return the words that more than one module defines, and of which it is not known that they mean one thing."""
    return {word: modules for word, modules in structure.words.items() if word not in ONE_THING_SEEN_TWICE}


def seen_twice(structure: Structure) -> list[str]:
    """Return the words that more than one module defines on purpose."""
    return [word for word in structure.words if word in ONE_THING_SEEN_TWICE]


def _defining(title: str, words: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{title}: {len(words)}", *(f"  {word}: {', '.join(modules)}" for word, modules in words.items())]


def _most(shapes: Iterable[PackageShape]) -> str:
    most = max(shapes, key=lambda each: each.arrows)
    return f"{most.name} with {most.arrows} between {most.rooms} rooms"


def _listed(title: str, files: Mapping[str, int]) -> list[str]:
    return [f"{title}: {len(files)}", *(f"  {name}: {lines}" for name, lines in files.items())]


def main() -> None:
    """Print the structure of a checkout: this one, if none is named."""
    parser = argparse.ArgumentParser(description="Print how the code of a checkout is laid out, in numbers.")
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--json", action="store_true", help="for tools")
    arguments = parser.parse_args()
    structure = measure(arguments.checkout.resolve())
    text = json.dumps(asdict(structure), indent=2) if arguments.json else report(structure)
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
