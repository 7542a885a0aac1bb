"""What the stack's configuration says of environments, services, kubeconfigs and classes that the documents lack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import pulumi

from slicewise.addresses import service_name
from slicewise.diagnostics import Code, Diagnostic, Place, closest, printable
from slicewise.documents import Allocation, Fleet
from slicewise.manifests import device_classes

from .stack_config import KubeconfigSourceName, StackConfig, StackMode, stack_file

# `chat-n2`: a service whose replicas span nodes has their number in its name.
_SEVERAL_NODES: Final = re.compile(r"-n([0-9]{1,4})$")


def tell_unused(config: StackConfig, fleet: Fleet, kubeconfigs: Iterable[str] = (), written_in: str = "") -> None:
    """Log as warnings what has no effect (SW319): a typing error, or what was needed once and is not any more."""
    for advice in [*unused_config(config, fleet), *_unused_kubeconfigs(fleet, kubeconfigs, written_in)]:
        pulumi.log.warn(printable(str(advice)))


def unused_config(config: StackConfig, fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield what has no effect."""
    environments = [each.metadata.name for each in fleet.environments]
    yield from _unused(config, "acceptClusters", config.accept_clusters, environments, "no environment")
    services = [f"{name}/{service}" for name in environments for service in _services(fleet, config.take_over)]
    yield from _unused(config, "takeOver", config.take_over, services, "no declared deployment's service")
    if config.kubeconfig_source in (KubeconfigSourceName.CONFIG, KubeconfigSourceName.NONE):
        existing = [each.spec.cluster.existing for each in fleet.environments]
        named = [each.secret_ref.name for each in existing if each and each.secret_ref]
        if config.mode is StackMode.PLAN:
            yield from map(_held_for_nothing, sorted(config.kubeconfig_names))
        else:
            which = "no secretRef of this stack's environments" if config.mode else "no environment's secretRef"
            yield from _unused(config, "kubeconfigs", config.kubeconfig_names, named, which)
    if config.create_device_classes and not any(device_classes(each.spec) for each in fleet.environments):
        yield _unused_classes(config)


def _held_for_nothing(kubeconfig: str) -> Diagnostic:
    field = f'slicewise:kubeconfigs["{kubeconfig}"]'
    message = "has no effect: a stack with mode: plan reaches no cluster, and should hold no credential"
    remedy = f"remove this one: pulumi config rm --path '{field}'"
    return Diagnostic.warning(Code.CONFIG_WITHOUT_EFFECT, message, remedy, field=field, place=Place(stack_file()))


def _unused_classes(config: StackConfig) -> Diagnostic:
    field, place = config.where("createDeviceClasses")
    message = (
        "has no effect: no pool with allocation: extendedResource has slices, and other pools need no DeviceClass of "
        "the stack's"
    )
    remedy = (
        f"write allocation: {Allocation.EXTENDED_RESOURCE.value} in the pools that are meant, or remove this setting"
    )
    how = "" if "createDeviceClasses" in config.arguments else f": pulumi config rm {field}"
    return Diagnostic.warning(Code.CONFIG_WITHOUT_EFFECT, message, f"{remedy}{how}", field=field, place=place)


def _unused(
    config: StackConfig, key: str, written: Iterable[str], known: Iterable[str], what: str
) -> Iterator[Diagnostic]:
    # A key that is set already is not what the unknown one was meant for.
    unset = sorted(set(known).difference(written))
    for each in sorted(set(written).difference(known)):
        field, place = config.where(key, each)
        meant = closest(each, unset)
        correct = f'set it for "{meant}" if that is meant, and remove' if meant else "remove"
        message = f"has no effect: {what} is called that"
        remedy = f"{correct} this one" + ("" if key in config.arguments else f": pulumi config rm --path '{field}'")
        yield Diagnostic.warning(Code.CONFIG_WITHOUT_EFFECT, message, remedy, field=field, place=place)


def _services(fleet: Fleet, written: Iterable[str]) -> Iterator[str]:
    """Yield, as namespace/name, what the service of each deployment may be called, with as many nodes as `written`."""
    several = {int(found[1]) for each in written if (found := _SEVERAL_NODES.search(each))}
    for deployment in fleet.deployments:
        for nodes in {1, *several}:
            for autoscaled in (False, True):
                name = service_name(deployment.metadata.name, nodes=nodes, autoscaled=autoscaled)
                yield f"{deployment.metadata.namespace}/{name}"


def _unused_kubeconfigs(fleet: Fleet, passed: Iterable[str], written_in: str) -> Iterator[Diagnostic]:
    """Yield the kubeconfigs that a program passes for environments which do not exist, or are made by the stack."""
    existing = {name for name, each in fleet.environment.items() if each.spec.cluster.existing}
    for name in sorted(set(passed) - existing):
        field = f'kubeconfigs["{name}"]'
        meant = closest(name, existing)
        message = "has no effect: no environment of a cluster that exists is called that"
        remedy = f'pass it for "{meant}" if that is meant, or take it away' if meant else "take it away"
        yield Diagnostic.warning(Code.CONFIG_WITHOUT_EFFECT, message, remedy, field=field, place=Place(written_in))
