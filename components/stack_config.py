"""The stack's configuration (namespace `slicewise`), checked before anything is declared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from slicewise.diagnostics import Code, InvalidInputError, Problem, closest, quoted
from slicewise.documents import DNS_SUBDOMAIN, PROJECT
from slicewise.presentation import OnShortfall


class KubeconfigSourceName(StrEnum):
    """Where kubeconfigs come from."""

    CONFIG = "config"
    KUBERNETES = "kubernetes"
    GCP_SECRET_MANAGER = "gcp-secret-manager"  # noqa: S105 - a name
    AWS_SECRETS_MANAGER = "aws-secrets-manager"
    NONE = "none"


class OnUnreachable(StrEnum):
    """What happens when the cluster of an environment cannot be used now."""

    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class StackConfig:
    """What the stack decides, with defaults filled in."""

    manifests: tuple[str, ...]
    kubeconfig_source: KubeconfigSourceName
    kubeconfig_names: tuple[str, ...]
    """For the source `config`: the names of the kubeconfigs that the stack has."""
    kubeconfig_namespace: str
    """For the source `kubernetes`: the namespace of the Secrets."""
    kubeconfig_project: str | None
    """For the source `gcp-secret-manager`: the project of the secrets; the provider's where left out."""
    kubeconfig_region: str | None
    """For the source `aws-secrets-manager`: the region of the secrets; the provider's where left out."""
    on_shortfall: OnShortfall
    on_unreachable: OnUnreachable
    wait_for_ready: bool
    ready_timeout: int
    """Seconds that each deployment has to become ready."""
    create_namespaces: bool
    verify: bool
    """Whether clusters are compared with what is declared before anything is."""
    plan_afresh: bool
    """Whether outputs that cannot be read are taken for none."""
    take_over: Mapping[str, str]
    """By `environment/namespace/name`, from which stack a service that is there is taken over; or from `nobody`."""
    accept_clusters: Mapping[str, str]
    """By environment, the uid of the cluster that takes the place of the one before."""


# The weights of a large model are downloaded first, and KServe's startup probe alone allows ten minutes.
_READY_TIMEOUT: Final = 3600
# A day: more is a mistake.
_MAX_SECONDS: Final = 86400
_NAMESPACE: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_REGION: Final = "[a-z]{2}[a-z-]*-[0-9]+"
# What the API server gives every object (RFC 4122), in the form that kubectl prints.
_UID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SERVICE: Final = r"[^/\s]+/[^/\s]+/[^/\s]+"
_STACK: Final = rf"nobody|{_SERVICE}"
_TAKE_OVER: Final = "a mapping from environment/namespace/name to nobody or organization/project/stack"
_ACCEPT: Final = "a mapping from environments to the uids of their clusters (of namespace kube-system)"
# How close another namespace's name must be to be a misspelt one: `slicwise` is, `slice` is not.
_MISSPELT: Final = 0.85

KEYS: Final = (
    *("manifests", "kubeconfigSource", "kubeconfigs", "kubeconfigNamespace", "kubeconfigProject", "kubeconfigRegion"),
    *("onShortfall", "onUnreachable", "waitForReady", "readyTimeout", "verify", "createNamespaces", "takeOver"),
    *("acceptClusters", "planAfresh"),
)
"""Every key of the namespace that means something, as README.md has them."""

_Choice = TypeVar("_Choice", bound=StrEnum)


class _Part(NamedTuple):
    """What the keys or the values of a mapping must be: a pattern, and the same in words."""

    pattern: str
    what: str


class _Reader:
    """Reads one key after the other and gathers everything that is wrong."""

    def __init__(self, config: pulumi.Config) -> None:
        self._config = config
        self.problems: list[Problem] = []

    def choice(self, key: str, default: _Choice) -> _Choice:
        text = self._config.get(key)
        if text is None:
            return default
        choices = type(default)
        try:
            return choices(text)
        except ValueError:
            self._expected(key, text, " or ".join(choices))
            return default

    def name(self, key: str, pattern: str, expected: str) -> str | None:
        text = self._config.get(key)
        if text is not None and not re.fullmatch(pattern, text):
            self._expected(key, text, expected)
        return text

    def flag(self, key: str) -> bool:
        text = self._config.get(key)
        if text not in (None, "true", "false"):
            self._expected(key, text, "true or false")
        return text == "true"

    def seconds(self, key: str, default: int) -> int:
        text = self._config.get(key)
        if text is None:
            return default
        # int() would accept `1_000` and ` 5`, and raises on more than 4,300 digits.
        if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= _MAX_SECONDS:
            self._expected(key, text, f"whole seconds, 1 to {_MAX_SECONDS}")
            return default
        return int(text)

    def paths(self, key: str, default: str) -> tuple[str, ...]:
        text = self._config.get(key)
        if text is None:
            return (default,)
        try:
            paths = json.loads(text) if text.startswith("[") else [text]
        except ValueError:
            paths = None
        if not paths or not all(isinstance(path, str) for path in paths):
            self._expected(key, text, "a path or a list of paths")
            return (default,)
        return tuple(paths)

    def mapping(self, key: str, expected: str, name_of: _Part, value_of: _Part) -> Mapping[str, str]:
        found = self._structure(key, expected)
        if found is None:
            return {}
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            self._expected(key, self._config.get(key), expected)
            return {}
        for name, value in found.items():
            if not re.fullmatch(name_of.pattern, name):
                self._expected(key, name, f"as the key {name_of.what}")
            elif not re.fullmatch(value_of.pattern, value):
                self._expected(f"{key}[{quoted(name)}]", value, value_of.what)
        return found

    def secret_names(self, key: str) -> tuple[str, ...]:
        """Return the names in a mapping whose values are secret; nothing of them is repeated."""
        text = _everything().get(f"{self._config.name}:{key}")
        try:
            found = {} if text is None else json.loads(text)
        except (TypeError, ValueError):
            found = None
        if not isinstance(found, dict):
            field = f"{self._config.name}:{key}"
            message = (
                "is not a mapping from names to kubeconfigs; remove it, and set each with its name: "
                f"pulumi config set --secret --path '{field}[\"NAME\"]' < KUBECONFIG-FILE"
            )
            self.problems.append(Problem(stack_file(), 0, 0, field, message, Code.BAD_STACK_CONFIG))
            return ()
        return tuple(found)

    def unknown(self) -> None:
        """Note every key of the namespace that means nothing, and those of a namespace that is misspelt."""
        for full in sorted(_everything()):
            namespace, _, key = full.partition(":")
            known = KEYS if namespace == self._config.name else ()
            if namespace != self._config.name and closest(namespace, [self._config.name], _MISSPELT) is None:
                continue
            if key in known:
                continue
            meant = closest(key, KEYS)
            hint = f'; did you mean "{self._config.name}:{meant}"?' if meant else f"; there are {', '.join(KEYS)}"
            message = f"nothing reads it{hint} Remove it: pulumi config rm {full}"
            self.problems.append(Problem(stack_file(), 0, 0, full, message, Code.UNKNOWN_STACK_CONFIG))

    def _structure(self, key: str, expected: str) -> object:
        text = self._config.get(key)
        try:
            return None if text is None else json.loads(text)
        except ValueError:
            self._expected(key, text, expected)
            return None

    def _expected(self, key: str, got: str | None, expected: str) -> None:
        field = f"{self._config.name}:{key}"
        message = f"got {quoted(got or '')}, expected {expected}"
        self.problems.append(Problem(stack_file(), 0, 0, field, message, Code.BAD_STACK_CONFIG))


def _everything() -> Mapping[str, str]:
    """Return the stack's whole configuration, of every namespace, secrets as plain text (pulumi.runtime.config)."""
    return {**get_config_env(), **CONFIG.get()}


def stack_file() -> str:
    """Return the stack's configuration file, as errors name it (Pulumi.yaml has `stackConfigDir: stacks`)."""
    return f"stacks/Pulumi.{pulumi.get_stack()}.yaml"


def read_stack_config(config: pulumi.Config) -> StackConfig:
    """Read the configuration.

    Raises:
        InvalidInputError: the key does not take its value (SW401), or a key is not one of them (SW414); it holds
            all of them.
    """
    reader = _Reader(config)
    reader.unknown()
    read = StackConfig(
        manifests=reader.paths("manifests", f"stacks/{pulumi.get_stack()}"),
        kubeconfig_source=reader.choice("kubeconfigSource", KubeconfigSourceName.CONFIG),
        kubeconfig_names=reader.secret_names("kubeconfigs"),
        kubeconfig_namespace=reader.name("kubeconfigNamespace", _NAMESPACE, "a namespace") or "modelplane-system",
        kubeconfig_project=reader.name("kubeconfigProject", PROJECT.regex, "a Google Cloud project's id"),
        kubeconfig_region=reader.name("kubeconfigRegion", _REGION, "an AWS region, for example eu-central-1"),
        on_shortfall=reader.choice("onShortfall", OnShortfall.FAIL),
        on_unreachable=reader.choice("onUnreachable", OnUnreachable.FAIL),
        wait_for_ready=reader.flag("waitForReady"),
        ready_timeout=reader.seconds("readyTimeout", _READY_TIMEOUT),
        create_namespaces=reader.flag("createNamespaces"),
        verify=reader.flag("verify"),
        plan_afresh=reader.flag("planAfresh"),
        take_over=reader.mapping(
            "takeOver",
            _TAKE_OVER,
            _Part(_SERVICE, "environment/namespace/name of a service"),
            _Part(_STACK, "nobody, or the stack that has it: organization/project/stack"),
        ),
        accept_clusters=reader.mapping(
            "acceptClusters",
            _ACCEPT,
            _Part(DNS_SUBDOMAIN.regex, "the name of an environment"),
            _Part(_UID, "the uid of its cluster: kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'"),
        ),
    )
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return read
