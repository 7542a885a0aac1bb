"""The kubeconfig sources: one function each, from environments to kubeconfigs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from components.stack_config import KubeconfigSourceName, stack_file
from slicewise.access.kubeconfig import KubeconfigError, read_server
from slicewise.access.reach import unreachable
from slicewise.spec import Code, InferenceEnvironment, InvalidInputError, Problem

# A kubeconfig with no cluster in it: the provider previews without one, and never takes the ambient kubeconfig.
_NOWHERE: Final = '{"apiVersion": "v1", "kind": "Config"}'


async def kubeconfigs(
    source: KubeconfigSourceName, config: pulumi.Config, environments: Sequence[InferenceEnvironment]
) -> Mapping[str, pulumi.Output[str]]:
    """Return the kubeconfig of every environment by its name, secret, checked and answering.

    Raises:
        InvalidInputError: one is missing, is no kubeconfig, or its server does not answer (SW402 to SW405).
    """
    if source is KubeconfigSourceName.NONE:
        return _from_nowhere(environments)
    return await _from_config(config, environments)


def _from_nowhere(environments: Sequence[InferenceEnvironment]) -> Mapping[str, pulumi.Output[str]]:
    if not pulumi.runtime.is_dry_run():
        message = (
            '"none" is for previews: there is no cluster to change. Configure kubeconfigs, then '
            "`pulumi config set slicewise:kubeconfigSource config`"
        )
        problem = Problem(stack_file(), 0, 0, "slicewise:kubeconfigSource", message, Code.NO_KUBECONFIG_SOURCE)
        raise InvalidInputError([problem])
    return {environment.metadata.name: pulumi.Output.secret(_NOWHERE) for environment in environments}


async def _from_config(
    config: pulumi.Config, environments: Sequence[InferenceEnvironment]
) -> Mapping[str, pulumi.Output[str]]:
    secret = config.get_secret_object("kubeconfigs")
    texts = await secret.future() if secret else None
    texts = texts if isinstance(texts, dict) else {}
    problems: list[Problem] = []
    servers: dict[str, str] = {}
    for environment in environments:
        name = _secret_name(environment)
        if name not in texts:
            problems.append(_problem(environment, Code.KUBECONFIG_MISSING, "is not configured; " + _remedy(name)))
            continue
        try:
            server = read_server(texts[name])
        except KubeconfigError as error:
            message = f"is no kubeconfig that can be used: {error}; {_remedy(name)}"
            problems.append(_problem(environment, Code.KUBECONFIG_INVALID, message))
            continue
        if server:
            servers[environment.metadata.name] = server
    answers = await asyncio.gather(*(unreachable(server) for server in servers.values()))
    by_name = {environment.metadata.name: environment for environment in environments}
    problems += [
        _problem(
            by_name[name],
            Code.CLUSTER_UNREACHABLE,
            f"{server} does not answer ({reason}); check the server in the kubeconfig, or preview without clusters: "
            "pulumi config set slicewise:kubeconfigSource none",
        )
        for (name, server), reason in zip(servers.items(), answers, strict=True)
        if reason
    ]
    if problems:
        raise InvalidInputError(problems)
    return {
        environment.metadata.name: pulumi.Output.secret(texts[_secret_name(environment)])
        for environment in environments
    }


def _secret_name(environment: InferenceEnvironment) -> str:
    existing = environment.spec.cluster.existing
    return existing.secret_ref.name if existing and existing.secret_ref else ""


def _problem(environment: InferenceEnvironment, code: Code, message: str) -> Problem:
    name = _secret_name(environment)
    field = f'slicewise:kubeconfigs["{name}"]'
    return Problem(stack_file(), 0, 0, field, f"environment {environment.metadata.name}: {message}", code)


def _remedy(name: str) -> str:
    # From a file through a pipe: as an argument, the credentials would stand in the process list and the history.
    return f"run: pulumi config set --secret --path 'slicewise:kubeconfigs[\"{name}\"]' < KUBECONFIG-FILE"
