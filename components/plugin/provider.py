"""The provider: what the engine asks for when a program in another language declares a Fleet."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider, main
from pulumi.runtime.sync_await import _sync_await

from slicewise import __version__

from ..fleet import Fleet
from ..type_tokens import FLEET
from .schema import OUTPUTS, option_names, package_schema


class SlicewiseProvider(Provider):
    """Serves the schema, and declares fleets."""

    def __init__(self) -> None:
        super().__init__(__version__, json.dumps(package_schema()))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Declare a Fleet with what the program passes.

        Raises:
            pulumi.RunError: something is wrong with it, in the words that a Python program gets.
        """
        if resource_type != FLEET:
            message = f"the package slicewise has no component {resource_type}; it has {FLEET}"
            raise pulumi.RunError(message)
        options_passed = {name: _whole(inputs[camel]) for camel, name in option_names().items() if camel in inputs}
        environments = _whole(inputs.get("environments", ()))
        fleet = Fleet(
            name,
            documents=_whole(inputs.get("documents", ())),
            environments=environments,
            models=_whole(inputs.get("models", ())),
            deployments=_whole(inputs.get("deployments", ())),
            quotas=_whole(inputs.get("quotas", ())),
            kubeconfigs=_by_environment(inputs.get("kubeconfigs"), environments),
            opts=_without(options, inputs.get("kubeconfigs")),
            **options_passed,
        )
        named = {"nodePools": fleet.node_pools}
        return ConstructResult(fleet.urn, {each: named.get(each) or getattr(fleet, each) for each in OUTPUTS})


def serve_package() -> None:
    """Serve until the engine ends the process; its address is the last argument."""
    main(SlicewiseProvider(), sys.argv[1:])


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever the program passed
    """Return the value with whole numbers as integers: between processes every number is a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list | tuple) else value


def _by_environment(given: Any, environments: Sequence[Any]) -> Mapping[str, pulumi.Input[str]]:  # noqa: ANN401 - the same
    """Return the kubeconfigs by environment. Together they are one secret, which a preview may not know."""
    if not isinstance(given, pulumi.Output):
        return given or {}
    known = _sync_await(given.future())
    names = known if isinstance(known, Mapping) else [each["metadata"]["name"] for each in environments]
    return {name: given.apply(itemgetter(name)) for name in names}


def _without(options: pulumi.ResourceOptions | None, kubeconfigs: Any) -> pulumi.ResourceOptions | None:  # noqa: ANN401 - the same
    """Return the options without the dependencies that come of the kubeconfigs.

    The engine names both together. Where a kubeconfig is known, what it comes of has been made; of what the program
    itself names in `dependsOn`, a preview does not know that.
    """
    if options is None:
        return None
    texts = kubeconfigs.values() if isinstance(kubeconfigs, Mapping) else [kubeconfigs]
    outputs = [each for each in texts if isinstance(each, pulumi.Output)]
    of_kubeconfigs = {_urn(each) for output in outputs for each in _sync_await(output.resources())}
    named = options.depends_on
    options.depends_on = (
        [each for each in named if _urn(each) not in of_kubeconfigs] if isinstance(named, list) else named
    )
    return options


def _urn(resource: Any) -> str | None:  # noqa: ANN401 - the same
    urn: str | None = _sync_await(resource.urn.future())
    return urn
