"""Wrong values of what documents say of pods, and what is said of them."""

from __future__ import annotations

from tests.unit.documents.fields import DEPLOYMENT, ENVIRONMENT, MODEL, POOL, PROFILE
from tests.unit.documents.wrong_values import (
    COUNT,
    COUNT_OR_ZERO,
    DEVICE,
    DOTTED_NAME,
    FLAG,
    IN_QUOTES,
    LABELS,
    NAME,
    QUANTITY,
)

Path = tuple[str | int, ...]
Values = list[tuple[str, str]]

TEXT: Values = [("7", f"got 7, {IN_QUOTES}"), ("[a]", "got a list, expected text")]
# linux/posix ids, as core validation has them (IsValidUserID).
IDENTITY: Values = [
    ("-1", "got -1, expected at least 0"),
    ("2147483648", "got 2147483648, expected at most 2147483647"),
]
MODE: Values = [("-1", "got -1, expected at least 0"), ("512", "got 512, expected at most 511")]
KEY: Values = [
    ("a/b", 'got "a/b", expected a key of a Secret: letters, digits, -, _ and ., not beginning with two dots')
]
INSIDE: Values = [
    ("/a", 'got "/a", expected a path inside of the volume, which does not begin with /'),
    ("a/../b", 'got "a/../b", expected a path inside of the volume, without ..'),
]
ABSOLUTE: Values = [
    ("a", 'got "a", expected a path that begins with / and has no colon'),
    ("/a:b", 'got "/a:b", expected a path that begins with / and has no colon'),
]
FIELD: Values = [
    (
        "status.phase",
        (
            'got "status.phase", expected a field that Kubernetes gives to containers, for example status.podIP, '
            "metadata.name or spec.nodeName"
        ),
    )
]
VARIABLE = "expected a variable's name: letters, digits, _, - and ., not beginning with a digit"
A_VARIABLE: Values = [
    ("2A", f'got "2A", {VARIABLE}'),
    ("A B", f'got "A B", {VARIABLE}'),
    ("A=B", f'got "A=B", {VARIABLE}'),
]
MAPPING: Values = [("[]", "got a list, expected a mapping")]
LIST: Values = [("{a: b}", "got a mapping, expected a list: begin it with `- `")]
LINUX = "expected a Linux capability without CAP_, for example IPC_LOCK"
CAPABILITY: Values = [("ipc_lock", f'got "ipc_lock", {LINUX}')]
# What is meant to be secret is not repeated.
HIDDEN: Values = [("7", "expected text: put the value in quotes"), ("[hunter2]", "expected text")]


def choice(*choices: str) -> Values:
    *most, last = (f'"{each}"' for each in choices)
    return [("Zzz", f'got "Zzz", expected {", ".join(most)} or {last}')]


PROFILE_TYPES = choice("RuntimeDefault", "Unconfined", "Localhost")
_SECURITY: dict[str, Values] = {
    "runAsUser": IDENTITY,
    "runAsGroup": IDENTITY,
    "runAsNonRoot": FLAG,
    **{f"{profile}.type": PROFILE_TYPES for profile in ("seccompProfile", "appArmorProfile")},
    **{f"{profile}.localhostProfile": TEXT for profile in ("seccompProfile", "appArmorProfile")},
    **{f"seLinuxOptions.{part}": TEXT for part in ("user", "role", "type", "level")},
}
_KEYS: dict[str, Values] = {"items.0.key": KEY, "items.0.path": INSIDE, "items.0.mode": MODE}
_PROBE: dict[str, Values] = {
    "initialDelaySeconds": COUNT_OR_ZERO,
    "periodSeconds": COUNT[:2],
    "timeoutSeconds": COUNT[:2],
    "failureThreshold": COUNT[:2],
}
_DOWNWARD: dict[str, Values] = {"items.0.path": INSIDE, "items.0.fieldRef.fieldPath": FIELD}


def below(path: str, fields: dict[str, Values]) -> dict[str, Values]:
    return {f"{path}.{field}": values for field, values in fields.items()}


_CLAIM = "volumes.4.ephemeral.volumeClaimTemplate"
FIELDS: dict[str, Values] = {
    "labels": [*MAPPING, LABELS[0]],
    "labels.team": [("true", f"got true, {IN_QUOTES}")],
    "annotations": MAPPING,
    "annotations.prometheus\\.io/scrape": [("true", f"got true, {IN_QUOTES}")],
    "serviceAccountName": DOTTED_NAME[:2],
    "imagePullSecrets": LIST,
    "imagePullSecrets.0.name": DOTTED_NAME[:2],
    "priorityClassName": DOTTED_NAME[:2],
    "schedulerName": DOTTED_NAME[:2],
    "runtimeClassName": DOTTED_NAME[:2],
    **below("securityContext", _SECURITY),
    "securityContext.fsGroup": IDENTITY,
    "securityContext.fsGroupChangePolicy": choice("Always", "OnRootMismatch"),
    "securityContext.supplementalGroups.0": IDENTITY,
    "securityContext.supplementalGroupsPolicy": choice("Merge", "Strict"),
    "securityContext.sysctls.0.name": TEXT,
    "securityContext.sysctls.0.value": TEXT,
    "volumes": LIST,
    "volumes.0.name": NAME[:2],
    "volumes.0.configMap.name": DOTTED_NAME[:2],
    **below("volumes.0.configMap", _KEYS),
    "volumes.0.configMap.defaultMode": MODE,
    "volumes.0.configMap.optional": FLAG,
    "volumes.1.secret.secretName": DOTTED_NAME[:2],
    **below("volumes.1.secret", _KEYS),
    "volumes.1.secret.defaultMode": MODE,
    "volumes.1.secret.optional": FLAG,
    "volumes.2.emptyDir.medium": [("Disk", 'got "Disk", expected "", "Memory" or "HugePages"')],
    "volumes.2.emptyDir.sizeLimit": QUANTITY[:3],
    "volumes.3.persistentVolumeClaim.claimName": DOTTED_NAME[:2],
    "volumes.3.persistentVolumeClaim.readOnly": FLAG,
    f"{_CLAIM}.spec.accessModes": [("[]", "got 0 items, expected at least 1 item")],
    f"{_CLAIM}.spec.storageClassName": DOTTED_NAME[:2],
    f"{_CLAIM}.spec.resources.requests.storage": QUANTITY[:3],
    "volumes.5.projected.sources": [("[]", "got 0 items, expected at least 1 item")],
    "volumes.5.projected.sources.0.configMap.name": DOTTED_NAME[:2],
    **below("volumes.5.projected.sources.0.configMap", _KEYS),
    "volumes.5.projected.sources.0.configMap.optional": FLAG,
    "volumes.5.projected.sources.1.secret.name": DOTTED_NAME[:2],
    **below("volumes.5.projected.sources.1.secret", _KEYS),
    "volumes.5.projected.sources.1.secret.optional": FLAG,
    "volumes.5.projected.sources.2.serviceAccountToken.path": INSIDE,
    "volumes.5.projected.sources.2.serviceAccountToken.audience": TEXT,
    "volumes.5.projected.sources.2.serviceAccountToken.expirationSeconds": [("599", "got 599, expected at least 600")],
    **below("volumes.5.projected.sources.3.downwardAPI", _DOWNWARD),
    "volumes.5.projected.defaultMode": MODE,
    **below("volumes.6.downwardAPI", _DOWNWARD),
    "volumes.7.csi.driver": DOTTED_NAME[:2],
    "volumes.7.csi.readOnly": FLAG,
    "volumes.7.csi.fsType": TEXT,
    "volumes.7.csi.volumeAttributes": MAPPING,
    "volumes.7.csi.volumeAttributes.secretProviderClass": TEXT,
    "volumes.7.csi.nodePublishSecretRef.name": DOTTED_NAME[:2],
    "volumes.8.nfs.server": TEXT,
    "volumes.8.nfs.path": ABSOLUTE,
    "volumes.8.nfs.readOnly": FLAG,
    "volumes.9.hostPath.path": ABSOLUTE,
    "volumes.9.hostPath.type": [
        (
            "Pipe",
            (
                'got "Pipe", expected "", "DirectoryOrCreate", "Directory", "FileOrCreate", '
                '"File", "Socket", "CharDevice" or "BlockDevice"'
            ),
        )
    ],
    "volumes.10.image.reference": TEXT,
    "volumes.10.image.pullPolicy": choice("Always", "IfNotPresent", "Never"),
    "shmSize": QUANTITY[:3],
    "container.envFrom": LIST,
    "container.envFrom.0.prefix": A_VARIABLE,
    "container.envFrom.0.configMapRef.name": DOTTED_NAME[:2],
    "container.envFrom.0.configMapRef.optional": FLAG,
    "container.envFrom.1.secretRef.name": DOTTED_NAME[:2],
    "container.envFrom.1.secretRef.optional": FLAG,
    "container.volumeMounts.0.name": NAME[:2],
    "container.volumeMounts.0.mountPath": ABSOLUTE,
    "container.volumeMounts.0.subPath": INSIDE,
    "container.volumeMounts.0.readOnly": FLAG,
    "container.volumeMounts.0.mountPropagation": choice("None", "HostToContainer"),
    **below("container.startupProbe", _PROBE),
    "container.startupProbe.terminationGracePeriodSeconds": COUNT[:2],
    **below("container.livenessProbe", _PROBE),
    "container.livenessProbe.terminationGracePeriodSeconds": COUNT[:2],
    **below("container.readinessProbe", _PROBE),
    "container.readinessProbe.successThreshold": COUNT[:2],
    "container.resources.requests": MAPPING,
    "container.resources.requests.ephemeral-storage": QUANTITY[:3],
    "container.resources.limits": MAPPING,
    "container.resources.limits.rdma/ib": QUANTITY[:3],
    "container.resources.limits.ephemeral-storage": QUANTITY[:3],
    **below("container.securityContext", _SECURITY),
    "container.securityContext.readOnlyRootFilesystem": FLAG,
    "container.securityContext.allowPrivilegeEscalation": FLAG,
    "container.securityContext.capabilities.add.0": CAPABILITY,
    "container.securityContext.capabilities.drop.0": CAPABILITY,
}
_ENV = (*PROFILE, "engine", "env")
VARIABLES: list[tuple[Path, Values]] = [
    ((0, "name"), A_VARIABLE),
    ((0, "value"), HIDDEN),
    ((1, "valueFrom", "secretKeyRef", "name"), DOTTED_NAME[:2]),
    ((1, "valueFrom", "secretKeyRef", "key"), KEY),
    ((1, "valueFrom", "secretKeyRef", "optional"), FLAG),
    ((2, "valueFrom", "configMapKeyRef", "name"), DOTTED_NAME[:2]),
    ((2, "valueFrom", "configMapKeyRef", "key"), KEY),
    ((2, "valueFrom", "configMapKeyRef", "optional"), FLAG),
    ((3, "valueFrom", "fieldRef", "fieldPath"), FIELD),
]


def path_of(text: str) -> Path:
    """Return a dotted path, in which a dot of a name has a backslash before it."""
    parts = [part.replace("\0", ".") for part in text.replace("\\.", "\0").split(".")]
    return tuple(int(part) if part.isdigit() else part for part in parts)


OF_POD = [
    *[(MODEL, ("spec", "pod", *path_of(path)), values) for path, values in FIELDS.items()],
    *[(MODEL, (*_ENV, *path), values) for path, values in VARIABLES],
    (ENVIRONMENT, (*DEVICE, "env", 0, "name"), A_VARIABLE),
    (ENVIRONMENT, (*DEVICE, "env", 0, "value"), HIDDEN),
    (MODEL, ("spec", "storageInitializer", "enabled"), FLAG),
    *((MODEL, ("spec", "storageInitializer", each), LIST) for each in ("env", "envFrom", "volumeMounts")),
    (MODEL, ("spec", "baseRefs", 0, "name"), DOTTED_NAME[:2]),
    (ENVIRONMENT, (*POOL, "baseRefs", 0, "name"), DOTTED_NAME[:2]),
    (MODEL, (*PROFILE, "engine", "command"), [("[]", "got 0 items, expected at least 1 item")]),
    (MODEL, (*PROFILE, "engine", "command", 0), TEXT),
    (MODEL, (*PROFILE, "pod"), MAPPING),
    (ENVIRONMENT, (*POOL, "pod"), MAPPING),
    (DEPLOYMENT, ("spec", "pod"), MAPPING),
]
