"""How the pods of a prefill workload hand the key-value cache of a prompt over to those that generate the answer.

KServe v0.20's sidecar in the decode pods speaks the protocol of vLLM's NixlConnector (`--kv-connector=nixlv2`), and its
presets set nothing of it in the engines: without these, they would compute every prompt twice.
"""

from __future__ import annotations

from typing import Final

from slicewise.documents import ServingProfile
from slicewise.manifests.vocabulary import KubernetesObject
from slicewise.sizing import full_name

_OPTION: Final = "kv-transfer-config"
# One engine may do both; which of them it does for a request, the sidecar says.
_CONNECTOR: Final = '{"kv_connector":"NixlConnector","kv_role":"kv_both"}'
_HOST: Final = "VLLM_NIXL_SIDE_CHANNEL_HOST"


def kv_transfer_args(profile: ServingProfile) -> list[str]:
    """Return the argument that makes vLLM hand caches over; none where the profile's own arguments have it."""
    given = any(_is_kv_transfer(argument) for argument in profile.engine.args)
    return [] if given else [f"--{_OPTION}={_CONNECTOR}"]


def kv_transfer_env() -> list[KubernetesObject]:
    """Return the variable that says where the other pods find this one: vLLM's default is localhost."""
    return [{"name": _HOST, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}]


def _is_kv_transfer(argument: str) -> bool:
    if not argument.startswith("--"):
        return False
    # A field of it may follow a dot (`--kv-transfer-config.kv_role=kv_both`).
    name = argument[2:].split("=", 1)[0].split(".", 1)[0].replace("_", "-")
    return full_name(name) == _OPTION
