"""An InferenceEnvironment as YAML for people: comments above what they are about, values as PyYAML writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from slicewise.clusters.discover.pool_document import PoolDocument
from slicewise.documents import API_VERSION, CLUSTER_VERSION

# One line each: a comment ends with its line, and so must what came from a cluster.
_UNPRINTABLE = "?"


class _Dumper(yaml.SafeDumper):
    """Writes lists of plain values, and tolerations, on one line."""


class _OneLine(list[Any]):
    """A list that is written on one line."""


class _OneLineMapping(dict[str, Any]):
    """A mapping that is written on one line."""


_Dumper.add_representer(
    _OneLine, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)
_Dumper.add_representer(
    _OneLineMapping, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
)


def environment_text(
    name: str,
    secret: str,
    pools: Sequence[PoolDocument],
    *,
    version: str | None = None,
    instead: Mapping[str, Mapping[str, str]] | None = None,
    remarks: Iterable[str] = (),
    checks: Iterable[str] = (),
) -> str:
    """Return the document.

    Args:
        name: The environment's name.
        secret: The name of the secret that holds the cluster's kubeconfig.
        pools: Its pools.
        version: The version of its Kubernetes, where that is worth saying.
        instead: What could be written in place of the secret, where the cloud's name of the cluster is known.
        remarks: What is worth knowing of the whole.
        checks: What a person should check about the whole.
    """
    lines = [*_comments(0, remarks, checks)]
    lines += [f"apiVersion: {API_VERSION}", "kind: InferenceEnvironment", "metadata:"]
    lines += _block(2, {"name": name})
    lines += ["spec:", "  cluster:", "    source: Existing", "    existing:"]
    lines += _comments(
        6, ["the secret with this cluster's kubeconfig; the stack's kubeconfigSource says where it is"], ()
    )
    lines += _block(6, {"secretRef": {"name": secret}})
    if instead:
        written = yaml.dump(_OneLineMapping(instead), Dumper=_Dumper, width=1000, sort_keys=False).strip()
        lines += _comments(6, [f"in place of secretRef: {written[1:-1]}"], ())
    if version and CLUSTER_VERSION.fits(version):
        lines += _block(2, {"kubernetesVersion": version})
    lines.append("  nodePools:")
    for pool in pools:
        lines += _comments(4, pool.remarks, pool.checks)
        first, *rest = _block(6, _compact(pool.data))
        lines += [f"    - {first.lstrip()}", *rest]
    return "\n".join(lines) + "\n"


def _comments(indent: int, remarks: Iterable[str], checks: Iterable[str]) -> list[str]:
    texts = [*remarks, *(f"CHECK: {check}" for check in checks)]
    return [f"{' ' * indent}# {_one_line(text)}" for text in texts]


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else _UNPRINTABLE for character in text)


def _compact(data: Mapping[str, Any]) -> dict[str, Any]:
    pool = dict(data)
    pool["nodeSelector"] = {
        key: _OneLine(said) if isinstance(said, list) else said for key, said in pool.get("nodeSelector", {}).items()
    }
    if "tolerations" in pool:
        pool["tolerations"] = [_OneLineMapping(each) for each in pool["tolerations"]]
    capabilities = dict(pool["capabilities"])
    mig = capabilities.get("migConfiguration")
    if mig and "profiles" in mig:
        capabilities["migConfiguration"] = {**mig, "profiles": _OneLine(mig["profiles"])}
    if "precisionSupport" in capabilities:
        capabilities["precisionSupport"] = _OneLine(capabilities["precisionSupport"])
    return pool | {"capabilities": capabilities}


def _block(indent: int, data: Mapping[str, Any]) -> list[str]:
    text = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, width=1000)
    return [" " * indent + line for line in text.splitlines()]
