"""Rules of environment variables: Kubernetes takes them, nobody else sets them, and they hold no secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.environment_variables import EnvironmentVariable, VariablesFrom
from slicewise.documents.rules.credentials_once import SET_BY_BLOCK
from slicewise.documents.rules.listed_once import check_listed_once
from slicewise.documents.rules.pod_strings import check_strings
from slicewise.sources import is_harmless, issued_token, names_secret

_SLICE: Final = "the device plugin sets it to the slices or GPUs that the plan asks for"
_PEERS: Final = "LeaderWorkerSet sets it in the pods of a replica on several nodes"
# The variable -> who decides it.
_DECIDED: Final = {
    "NVIDIA_VISIBLE_DEVICES": _SLICE,
    "CUDA_VISIBLE_DEVICES": _SLICE,
    "LWS_LEADER_ADDRESS": _PEERS,
    "LWS_WORKER_INDEX": _PEERS,
    "LWS_GROUP_SIZE": _PEERS,
    "VLLM_ADDITIONAL_ARGS": "KServe's command adds it to vLLM's arguments, which are planned by; write engine.args",
}
# What KServe v0.20's presets set to a value, which no reference can take the place of: its merge keeps both.
_VALUES_OF_PRESETS: Final = frozenset({"HOME", "VLLM_LOGGING_LEVEL", "HF_HUB_CACHE"})


def check_variables(env: Sequence[EnvironmentVariable], path: FieldPath, *, of_engine: bool) -> Iterator[Diagnostic]:
    """Yield what is wrong with the variables at `path`.

    Args:
        env: The variables.
        path: Where the list is.
        of_engine: Whether they are the engine's, for which KServe's presets have some, too.
    """
    yield from check_listed_once((each.name for each in env), path)
    for number, variable in enumerate(env):
        at = (*path, number)
        yield from check_strings(variable, at)
        yield from _check_source(variable, at)
        if of_engine:
            yield from _check_decided(variable, at)
        if variable.value is not None and (kind := _secret(variable.name, variable.value)):
            message = (
                f"the value of {variable.name} looks like {kind}, which the state, the cluster and the preview would "
                "show to everybody who reads them"
            )
            remedy = f"take it out, and name the Secret that holds it{_instead(variable.name, of_engine=of_engine)}"
            yield Diagnostic.error(Code.SECRET_IN_VARIABLE, message, remedy, field=(*at, "value"))


def _instead(name: str, *, of_engine: bool) -> str:
    """Return where a Secret is named: credentials of a download are needed where the weights are fetched."""
    reference = "valueFrom: {secretKeyRef: {name: NAME, key: KEY}}"
    block = SET_BY_BLOCK.get(name)
    if block is None:
        return f": {reference}"
    only = ", which the engine alone has" if of_engine else ""
    return f": for the download of weights in spec.{block}.secretRef, or here with {reference}{only}"


def check_variables_from(sources: Sequence[VariablesFrom], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the entries at `path` that name no ConfigMap or Secret, or both."""
    for number, source in enumerate(sources):
        if (source.config_map_ref is None) == (source.secret_ref is None):
            message = "an entry names one ConfigMap or one Secret"
            remedy = "write either configMapRef or secretRef"
            yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, number))


def _check_source(variable: EnvironmentVariable, path: FieldPath) -> Iterator[Diagnostic]:
    source = variable.value_from
    if source is None:
        if variable.value is None:
            message = f"{variable.name} has neither value nor valueFrom"
            yield Diagnostic.error(Code.POD_FIELD, message, 'write one of them, or value: ""', field=path)
        return
    if variable.value is not None:
        message, remedy = f"{variable.name} has both value and valueFrom", "leave one of them out"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "valueFrom"))
    kinds = (source.secret_key_ref, source.config_map_key_ref, source.field_ref)
    if sum(each is not None for each in kinds) != 1:
        remedy = "write one of secretKeyRef, configMapKeyRef and fieldRef"
        message = f"the value of {variable.name} comes from one place"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "valueFrom"))


def _check_decided(variable: EnvironmentVariable, path: FieldPath) -> Iterator[Diagnostic]:
    if decides := _DECIDED.get(variable.name):
        message = f"{variable.name} is decided elsewhere: {decides}"
        yield Diagnostic.error(Code.DECIDED_ELSEWHERE, message, "leave it out here", field=(*path, "name"))
    elif variable.value_from is not None and variable.name in _VALUES_OF_PRESETS:
        message = f"KServe's preset has a value for {variable.name}, which its merge keeps beside valueFrom"
        remedy = "write a value"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "valueFrom"))


def _secret(name: str, value: str) -> str | None:
    """Return what kind of secret a variable has in it, by its value or else its name."""
    if kind := issued_token(value):
        return kind
    return "a secret" if names_secret(name) and not is_harmless(value, in_shell=False) else None
