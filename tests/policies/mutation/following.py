"""What a person does who follows a remedy to the letter, at the field that the message begins with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import yaml

from tests.policies.mutation.breaking import Path
from tests.policies.mutation.stacks import Stack
from tests.policies.mutation.targets import MIG_3G

Follow = Callable[[Stack, str, Path, re.Match[str]], None]
_PART: Final = re.compile(r'\["([^"]+)"\]|\[([0-9]+)\]|([^.\[\]]+)')
_LABELS: Final = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "slicewise.dev/pool": "a-pool"}
_TOO_MUCH: Final = re.compile(r"--[a-z-]+-size|-tp|-pp|-dp")


def parsed(path: str) -> Path:
    """Return the parts of a path as a message writes it."""
    return tuple(key or (int(index) if index else name) for key, index, name in _PART.findall(path))


def follow(stack: Stack, name: str, path: str, remedy: str) -> None:
    """Change the resource called `name` as `remedy` says.

    Raises:
        AssertionError: it is not known how to follow it.
    """
    for pattern, change in _WAYS.items():
        if match := re.match(pattern, remedy):
            change(stack, name, parsed(path), match)
            return
    raise AssertionError(remedy)


def _at(stack: Stack, name: str, path: Path) -> Any:  # noqa: ANN401 - a value of any type
    value: Any = stack.resources[name].properties
    for part in path:
        value = value[part]
    return value


def _parent(stack: Stack, name: str, path: Path) -> Any:  # noqa: ANN401 - a mapping or a list of anything
    value: Any = stack.resources[name].properties
    for part in path[:-1]:
        value = value[part] if isinstance(part, int) else value.setdefault(part, {})
    return value


def _write(value: object) -> Follow:
    def change(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
        _parent(stack, name, path)[path[-1]] = value

    return change


def _remove(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    del _parent(stack, name, path)[path[-1]]


def _rename_resource(stack: Stack, name: str, path: Path, match: re.Match[str]) -> None:
    amounts = _parent(stack, name, path)
    amounts[MIG_3G if "<profile>" in match[1] else match[1]] = amounts.pop(path[-1])


def _only_one_kind(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    limits = _at(stack, name, path)["limits"]
    kinds = [key for key in limits if key.startswith("nvidia.com/")]
    for key in sorted(kinds, key=lambda kind: "mig" not in kind)[1:]:
        del limits[key]


def _under_limits(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    resources = _at(stack, name, path[:-2])
    resources.setdefault("limits", {})[path[-1]] = resources["requests"].pop(path[-1])


def _without_flags(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    text = _at(stack, name, path)
    if isinstance(text, str):
        _parent(stack, name, path)[path[-1]] = re.sub(rf"({_TOO_MUCH.pattern})[= ]\S+", "", text)
        return
    words = [word.strip("'") for word in text]
    kept = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not _TOO_MUCH.match(word) and not (_TOO_MUCH.fullmatch(before) and word.isdigit())
    ]
    _parent(stack, name, path)[path[-1]] = kept


def _without_worker(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    spec = _parent(stack, name, path)
    del spec["worker"], spec["parallelism"]


def _add_labels(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    _parent(stack, name, path).setdefault("nodeSelector", {}).update(_LABELS)


def _add_toleration(stack: Stack, name: str, path: Path, match: re.Match[str]) -> None:
    _parent(stack, name, path).setdefault("tolerations", []).append(yaml.safe_load(match[1]))


def _use_profile(stack: Stack, name: str, path: Path, match: re.Match[str]) -> None:
    limits, spec = _parent(stack, name, path), _at(stack, name, path[: path.index("containers")])
    del limits[path[-1]]
    limits[f"nvidia.com/mig-{match[1]}"] = "1"
    spec["nodeSelector"].pop("cloud.google.com/gke-gpu-partition-size", None)


def _use_a_slice(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    limits = _parent(stack, name, path)
    del limits[path[-1]]
    limits[MIG_3G] = "1"


def _name_version(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    parent = _parent(stack, name, path)
    parent[path[-1]] = f"{parent[path[-1]].removesuffix(':latest')}:v0.20.0"


def _name_commit(stack: Stack, name: str, path: Path, match: re.Match[str]) -> None:
    _parent(stack, name, path)[path[-1]] = match[1].replace("<commit of the tested weights>", "0a1b2c3d" * 5)


def _name_digest(stack: Stack, name: str, path: Path, match: re.Match[str]) -> None:
    _parent(stack, name, path)[path[-1]] = match[1].replace("<digest of the tested image>", "0a1b2c3d" * 8)


def _refer_to_secret(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    variable = _parent(stack, name, path)
    del variable["value"]
    variable["valueFrom"] = {"secretKeyRef": {"name": "of-mine", "key": "token"}}


def _refer_in_words(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    at = path if isinstance(path[-1], str) else path[:-1]
    container, words = _parent(stack, name, at), _at(stack, name, at)
    reference = {"name": "OF_MINE", "valueFrom": {"secretKeyRef": {"name": "of-mine", "key": "token"}}}
    container["env"] = [*container.get("env", []), reference]
    container[at[-1]] = [
        re.sub(r"(--api-key=?).*", r"\1$(OF_MINE)", word) if "=" in word else word.replace("tulips", "$(OF_MINE)")
        for word in words
    ]


def _call_it_main(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    _at(stack, name, path)[0]["name"] = "main"


def _ask_in_main(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    spec = _at(stack, name, path[: path.index("containers")])
    main = next((item for item in spec["containers"] if item["name"] == "main"), None)
    asked = _at(stack, name, path)["limits"]
    gpus = [key for key in asked if key.startswith("nvidia.com/")]
    if main is not None:
        main["resources"].setdefault("limits", {}).update({key: asked.pop(key) for key in gpus})


def _ask_for_gpu(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    spec = stack.resources[name].properties["spec"]
    role = path[: path.index("containers")] if "containers" in path else path
    _parent(stack, name, role)[role[-1]] = yaml.safe_load(yaml.safe_dump(spec["template"]))


def _same_in_both(stack: Stack, name: str, _path: Path, _: re.Match[str]) -> None:
    spec = stack.resources[name].properties["spec"]
    spec["worker"] = yaml.safe_load(yaml.safe_dump(spec["template"]))


def _other_name(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    _parent(stack, name, path)[path[-1]] = "another-name"


def _write_values(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    parent = _parent(stack, name, path)
    parent[path[-1]] = parent[path[-1]].replace("{{", "{ {").replace("{{", "{ {")


def _quote(stack: Stack, name: str, path: Path, _: re.Match[str]) -> None:
    parent = _parent(stack, name, path)
    parent[path[-1]] = shlex.quote(parent[path[-1]])


def _own_provider(stack: Stack, name: str, _path: Path, _: re.Match[str]) -> None:
    stack.resources[name] = replace(stack.resources[name], provider="cluster")


def _make_secret(stack: Stack, name: str, _path: Path, _: re.Match[str]) -> None:
    stack.resources[name] = replace(stack.resources[name], secrets=frozenset({"kubeconfig"}))


_WAYS: Final[Mapping[str, Follow]] = {
    r"ask for 1 and scale by replicas": _write("1"),
    r"ask for one MIG resource, and give other models pods": _only_one_kind,
    r"remove the request": _remove,
    r"remove the worker": _without_worker,
    r"remove the flag": _without_flags,
    r"remove it; ": _remove,
    r"leave replicas out": _remove,
    r"write it under limits": _under_limits,
    r"write (nvidia\.com/mig-[^,]+)": _rename_resource,
    r"add (?:the|one of these) labels of the node pool": _add_labels,
    r"add (\{.*\})$": _add_toleration,
    r"use one of ([^,]+)": _use_profile,
    r"use a MIG profile": _use_a_slice,
    r"offer the model a pool of (\S+)": _use_profile,
    r"name a version": _name_version,
    r"write (.*@sha256:.*)": _name_digest,
    r"write (hf://.*)": _name_commit,
    r"keep it in a Secret and refer to it": _refer_to_secret,
    r"keep it in a Secret, read that into env": _refer_in_words,
    r"call the engine's container main": _call_it_main,
    r"ask for it in main": _ask_in_main,
    r"ask for the GPU in the limits": _ask_for_gpu,
    r"write a weight": _write(1),
    r"write a group": _write("chat"),
    r"write route": _write({}),
    r"write the same in both": _same_in_both,
    r"use a-z, 0-9 and -|choose a shorter name|give one of them another": _other_name,
    r"write the value itself": _write_values,
    r"put single quotes around it": _quote,
    r"declare a kubernetes\.Provider": _own_provider,
    r"set it to a name of the cluster": _write("cluster"),
    r"pass pulumi\.Output\.secret": _make_secret,
}
# What only the hand that changed something behind the plan can take back.
TAKEN_BACK: Final = re.compile(
    r"let Slicewise|take the change back|ask for less, or give the pool more nodes"
    r"|change the model's document, not the service|slicewise size says what would make it fit"
)
