"""The Secrets that models name for their downloads, which `verify` looks for: nothing in the demo reads them."""

from __future__ import annotations

from pathlib import Path

from lightkube.resources.core_v1 import Namespace, Secret
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.demo import view
from slicewise.documents import Fleet


def add_secrets(state: Path, fleet: Fleet) -> None:
    """Add them to the namespaces that there are, with no token in them."""
    wanted = {
        (deployment.metadata.namespace, reference.name, reference.key)
        for deployment in fleet.deployments
        if (hub := fleet.model_of(deployment).hugging_face) and (reference := hub.secret_ref)
    }
    for environment in fleet.environments:
        with connect(view.attach(state, environment.metadata.name)) as client:
            there = {each.metadata.name for each in client.list(Namespace) if each.metadata}
            for namespace, name, key in sorted(wanted):
                if namespace in there:
                    of_it = {"metadata": {"name": name}, "stringData": {key: ""}}
                    document = {"apiVersion": "v1", "kind": "Secret", **of_it}
                    client.patch(Secret, name, document, namespace=namespace, patch_type=PatchType.APPLY)
