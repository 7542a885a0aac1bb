"""The stack's configuration (namespace `slicewise`), checked before anything is declared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel, to_snake
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, closest, did_you_mean, quoted
from slicewise.documents import DNS_SUBDOMAIN, PROJECT
from slicewise.planning import OnShortfall
from slicewise.sources import EXPECTED

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


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


class StackMode(StrEnum):
    """What a stack does of planning and applying, where it does not do both for all environments."""

    PLAN = "plan"
    APPLY = "apply"


# The weights of a large model are downloaded first, and KServe's startup probe alone allows ten minutes.
_READY_TIMEOUT: Final = 3600
# A day: more is a mistake.
_MAX_SECONDS: Final = 86400
_NAMESPACE: Final = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_REGION: Final = "^[a-z]{2}[a-z-]*-[0-9]+$"
# What the API server gives every object (RFC 4122), in the form that kubectl prints.
_UID: Final = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SERVICE: Final = r"[^/\s]+/[^/\s]+/[^/\s]+"
# Flags, as a program writes what the configuration has as text.
_PYTHON: Final = {"true": "True", "false": "False"}
# How close another namespace's name must be to be a misspelt one: `slicwise` is, `slice` is not.
_MISSPELT: Final = 0.85


def _wrong(expected: str) -> PydanticCustomError:
    return PydanticCustomError(EXPECTED, "{expected}", {"expected": expected})


def _expected(words: str) -> WrapValidator:
    """Return what says `words` of any value that the type before it does not take."""

    def check(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:
            raise _wrong(words) from None

    return WrapValidator(check)


def _parsed(text: object) -> object:
    """Return the value of what the configuration has as text."""
    return json.loads(text) if isinstance(text, str) else text


def _paths(text: object) -> object:
    return (text,) if isinstance(text, str) and not text.startswith("[") else _parsed(text)


def _texts(words: str) -> Callable[[object], object]:
    """Return what reads a mapping of texts, and says `words` of anything else."""

    def check(text: object) -> object:
        try:
            found = _parsed(text)
        except ValueError:
            raise _wrong(words) from None
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise _wrong(words)
        return found

    return check


def _names(text: object) -> object:
    """Return the names in a mapping whose values are secret."""
    found = _parsed(text)
    if isinstance(found, list):
        raise _wrong("a mapping")
    return tuple(found) if isinstance(found, dict) else found


_Flag = Annotated[StrictBool, BeforeValidator(_parsed), _expected("true or false")]
_Seconds = Annotated[
    StrictInt,
    Field(ge=1, le=_MAX_SECONDS),
    BeforeValidator(_parsed),
    _expected(f"whole seconds, 1 to {_MAX_SECONDS}"),
]
_Service = Annotated[str, Field(pattern=f"^{_SERVICE}$"), _expected("environment/namespace/name of a service")]
_Owner = Annotated[
    str,
    Field(pattern=f"^(nobody|{_SERVICE})$"),
    _expected("nobody, or the stack that has it: organization/project/stack"),
]
_Environment = Annotated[str, Field(pattern=DNS_SUBDOMAIN.regex), _expected("the name of an environment")]
_Stack = Annotated[str, Field(pattern=f"^{_SERVICE}$"), _expected("a stack: organization/project/stack")]
_Digest = Annotated[
    str, Field(pattern="^sha256:[0-9a-f]{64}$"), _expected("the digest of a plan, as its plan stack's output has it")
]
_Uid = Annotated[
    str,
    Field(pattern=_UID),
    _expected("the uid of its cluster: kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'"),
]


# The validator is made when a configuration is read.
@dataclass(
    frozen=True, slots=True, config=ConfigDict(alias_generator=to_camel, validate_by_name=True, defer_build=True)
)
class StackConfig:
    """What the stack decides, with defaults filled in. A field is called as its key is."""

    manifests: Annotated[
        tuple[StrictStr, ...], Field(min_length=1), BeforeValidator(_paths), _expected("a path or a list of paths")
    ] = Field(default_factory=lambda: (f"stacks/{pulumi.get_stack()}",))
    kubeconfig_source: Annotated[KubeconfigSourceName, _expected(" or ".join(KubeconfigSourceName))] = (
        KubeconfigSourceName.CONFIG
    )
    kubeconfig_names: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(default=(), alias="kubeconfigs")
    """For the source `config`: the names of the kubeconfigs that the stack has."""
    kubeconfig_namespace: Annotated[str, Field(pattern=_NAMESPACE), _expected("a namespace")] = "modelplane-system"
    """For the source `kubernetes`: the namespace of the Secrets."""
    kubeconfig_project: Annotated[
        str | None, Field(pattern=PROJECT.regex), _expected("a Google Cloud project's id")
    ] = None
    """For the source `gcp-secret-manager`: the project of the secrets; the provider's if omitted."""
    kubeconfig_region: Annotated[
        str | None, Field(pattern=_REGION), _expected("an AWS region, for example eu-central-1")
    ] = None
    """For the source `aws-secrets-manager`: the region of the secrets; the provider's if omitted."""
    on_shortfall: Annotated[OnShortfall, _expected(" or ".join(OnShortfall))] = OnShortfall.FAIL
    on_unreachable: Annotated[OnUnreachable, _expected(" or ".join(OnUnreachable))] = OnUnreachable.FAIL
    wait_for_ready: _Flag = False
    ready_timeout: _Seconds = _READY_TIMEOUT
    """Seconds that each deployment has to become ready."""
    verify: _Flag | None = None
    """Whether clusters are compared with what is declared first; if omitted, as far as the credential may read them."""
    create_namespaces: _Flag = False
    create_device_classes: _Flag = False
    """Whether the stack makes the DeviceClasses of pools with `allocation: extendedResource`."""
    take_over: Annotated[
        Mapping[_Service, _Owner],
        BeforeValidator(_texts("a mapping from environment/namespace/name to nobody or organization/project/stack")),
    ] = Field(default_factory=dict)
    """By `environment/namespace/name`, from which stack a service that is there is taken over; or from `nobody`."""
    accept_clusters: Annotated[
        Mapping[_Environment, _Uid],
        BeforeValidator(_texts("a mapping from environments to the uids of their clusters (of namespace kube-system)")),
    ] = Field(default_factory=dict)
    """By environment, the uid of the cluster that takes the place of the one before."""
    plan_afresh: _Flag = False
    """Whether outputs that cannot be read are taken for none."""
    mode: Annotated[StackMode | None, _expected(" or ".join(StackMode))] = None
    """Whether the stack only plans, or only applies what another has planned; if omitted, it does both."""
    plan_stack: _Stack | None = None
    """For `apply`, the stack that plans; for `plan`, the stack whose plan the first one keeps."""
    environments: Annotated[
        tuple[_Environment, ...],
        BeforeValidator(_paths),
        _expected("the name of an environment, or a list of names"),
    ] = ()
    """For `apply`: the environments that are this stack's."""
    apply_stacks: Annotated[
        Mapping[_Environment, _Stack],
        BeforeValidator(_texts("a mapping from environments to their stacks: organization/project/stack")),
    ] = Field(default_factory=dict)
    """For `plan`: by environment, the stack that applies it."""
    accept_plan: _Digest | None = None
    """For `apply`: the digest of a plan that is applied though a later one has been."""
    arguments: frozenset[str] = frozenset()
    """What the program passes as an argument, so that the stack's configuration does not decide it."""
    written_in: str = ""
    """Where the program passes it, as messages name it."""

    def where(self, key: str, entry: str = "") -> tuple[str, Place]:
        """Return the field that decides a key, or the `entry` of one that is a mapping, and where it is written."""
        inside = f'["{entry}"]' if entry else ""
        if key in self.arguments:
            return f"{to_snake(key)}{inside}", Place(self.written_in)
        return f"slicewise:{key}{inside}", Place(stack_file())

    def how_to_set(self, key: str, value: str, entry: str = "") -> str:
        """Return what to do to give a key, or the `entry` of one that is a mapping, a value.

        A value in capitals is a placeholder, as in `ready_timeout=SECONDS`; a flag's is `true` or `false`.
        """
        if key in self.arguments:
            literal = _PYTHON.get(value, value if value.isupper() else f'"{value}"')
            return f'pass {to_snake(key)}={{"{entry}": {literal}}}' if entry else f"pass {to_snake(key)}={literal}"
        if entry:
            return f"pulumi config set --path 'slicewise:{key}[\"{entry}\"]' {value}"
        return f"pulumi config set slicewise:{key} {value}"


_OF_THE_PROGRAM: Final = ("arguments", "writtenIn")
ONLY_CONFIGURED: Final = frozenset(
    ("manifests", "kubeconfigs", "mode", "planStack", "environments", "applyStacks", "acceptPlan")
)
"""The keys that are not arguments: programs pass documents and kubeconfigs; the stack says what it is for."""
_STACK_CONFIG: Final = TypeAdapter(StackConfig)
KEYS: Final = tuple(
    field.alias for field in vars(StackConfig)["__pydantic_fields__"].values() if field.alias not in _OF_THE_PROGRAM
)
"""Every key of the namespace that means something, as README.md has them."""


def read_stack_config(
    config: pulumi.Config, arguments: Mapping[str, object] | None = None, written_in: str = ""
) -> StackConfig:
    """Read the configuration; what is passed as an argument takes the place of what the stack says.

    Args:
        config: The stack's configuration.
        arguments: What the program passes, by the fields' names.
        written_in: Where it passes them, as messages name it.

    Raises:
        InvalidInputError: a key does not take its value (SW401), or a key is not one of them (SW414); it holds
            all of them.
    """
    everything = _everything()
    problems = list(_unknown(config.name, everything))
    written = {key: everything[full] for key in KEYS if (full := f"{config.name}:{key}") in everything}
    known = [to_snake(key) for key in KEYS if key not in ONLY_CONFIGURED]
    problems += [_unknown_argument(name, known, written_in) for name in arguments or {} if name not in known]
    passed = {to_camel(name): value for name, value in (arguments or {}).items() if name in known}
    try:
        read = _STACK_CONFIG.validate_python(
            {**written, **passed, "arguments": frozenset(passed), "writtenIn": written_in}
        )
    except ValidationError as error:
        problems += [
            _wrong_argument(written_in, each) if each["loc"][0] in passed else _problem(config.name, written, each)
            for each in error.errors(include_url=False)
        ]
    if problems:
        raise InvalidInputError(problems)
    return read


def _everything() -> Mapping[str, str]:
    """Return the stack's whole configuration, of every namespace, secrets as plain text (pulumi.runtime.config)."""
    return {**get_config_env(), **CONFIG.get()}


def stack_file() -> str:
    """Return the stack's configuration file, as errors name it (Pulumi.yaml has `stackConfigDir: stacks`)."""
    return f"stacks/Pulumi.{pulumi.get_stack()}.yaml"


def _unknown(own: str, everything: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield every key of the namespace `own` that means nothing, and those of a namespace that is misspelt."""
    for full in sorted(everything):
        namespace, _, key = full.partition(":")
        known = KEYS if namespace == own else ()
        if namespace != own and closest(namespace, [own], _MISSPELT) is None:
            continue
        if key in known:
            continue
        meant = closest(key, KEYS)
        hint = f'; did you mean "{own}:{meant}"?' if meant else f"; there are {', '.join(KEYS)}"
        message = f"nothing reads it{hint} Remove it: pulumi config rm {full}"
        yield Diagnostic.error(Code.UNKNOWN_STACK_CONFIG, message, field=full, place=Place(stack_file()))


def _unknown_argument(name: str, known: list[str], written_in: str) -> Diagnostic:
    message = f"there is no such argument{did_you_mean(name, known)}"
    return Diagnostic.error(Code.BAD_ARGUMENT, message, field=name, place=Place(written_in))


def _wrong_argument(written_in: str, error: ErrorDetails) -> Diagnostic:
    message = f"got {quoted(str(error['input']))}, expected {error['msg']}"
    return Diagnostic.error(Code.BAD_ARGUMENT, message, field=to_snake(str(error["loc"][0])), place=Place(written_in))


def _problem(own: str, written: Mapping[str, str], error: ErrorDetails) -> Diagnostic:
    """Return what is wrong with a value, or with a name or a value in a mapping."""
    key, *inside = map(str, error["loc"])
    field, expected = f"{own}:{key}", error["msg"]
    if key == "kubeconfigs":
        # Nothing of it is repeated: it may be a secret.
        message = (
            "is not a mapping from names to kubeconfigs; remove it, and set each with its name: "
            f"pulumi config set --secret --path '{field}[\"NAME\"]' < KUBECONFIG-FILE"
        )
    elif not inside:
        message = f"got {quoted(written[key])}, expected {expected}"
    elif inside[1:] == ["[key]"]:
        message = f"got {quoted(inside[0])}, expected as the key {expected}"
    else:
        field = f"{field}[{quoted(inside[0])}]"
        message = f"got {quoted(error['input'])}, expected {expected}"
    return Diagnostic.error(Code.BAD_STACK_CONFIG, message, field=field, place=Place(stack_file()))
