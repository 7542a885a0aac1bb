"""What the tests of kubeconfig sources share: a server that answers, kubeconfigs of it, stacks and environments."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.kubeconfig.no_cluster import nowhere
from components.kubeconfig.sources import kubeconfigs
from components.stack_config import KubeconfigSourceName, StackConfig, read_stack_config
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import InferenceEnvironment
from tests.documents import environment, fleet_of, slices

CANARY = "canary-token-5d0e"
AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").decode()


def url(listening: socket.socket) -> str:
    return f"https://127.0.0.1:{listening.getsockname()[1]}"


def kubeconfig(server: str, **user: object) -> str:
    """Return a kubeconfig of `server`, in JSON."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
            "clusters": [{"name": "one", "cluster": {"server": server, "certificate-authority-data": AUTHORITY}}],
            "users": [{"name": "me", "user": user or {"token": CANARY}}],
        }
    )


def existing(name: str, **reference: Mapping[str, str]) -> InferenceEnvironment:
    """Return an environment whose cluster is there already: `existing("a", secretRef={"name": "b"})`."""
    document = environment(name, slices("small", "3g.40gb"))
    document["spec"]["cluster"] = {"source": "Existing", "existing": reference}
    return fleet_of([document]).environments[0]


def stack(source: KubeconfigSourceName, **changes: Any) -> StackConfig:  # noqa: ANN401 - fields of several types
    return replace(read_stack_config(pulumi.Config("slicewise")), kubeconfig_source=source, **changes)


def read(of: StackConfig, environments: Sequence[InferenceEnvironment]) -> dict[str, tuple[str, bool]]:
    """Return each environment's kubeconfig, and whether it is secret."""

    async def main() -> dict[str, tuple[str, bool]]:
        if of.kubeconfig_source is KubeconfigSourceName.NONE:
            outputs = nowhere(of, environments)
        else:
            found = await kubeconfigs(of, environments, tell=True)
            if found.problems:
                raise InvalidInputError([problem for _, problem in found.problems])
            outputs = found.outputs
        return {name: (str(await each.future()), await each.is_secret()) for name, each in outputs.items()}

    return asyncio.get_event_loop_policy().get_event_loop().run_until_complete(main())


def refused(of: StackConfig, environments: Sequence[InferenceEnvironment]) -> list[str]:
    """Return the errors that come of it, a line each; what is planted as a credential is in none."""
    with pytest.raises(InvalidInputError) as caught:
        read(of, environments)
    assert CANARY not in str(caught.value)
    return str(caught.value).splitlines()
