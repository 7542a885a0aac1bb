"""What people write below `pod` that is decided elsewhere: by whom, and where that is said."""

from __future__ import annotations

from typing import Final

_POOL: Final = "the pool decides which nodes a pod may run on"
_PLAN: Final = "the plan decides it"
_KSERVE: Final = "KServe decides it"
_CONFIG: Final = "a config of yours, named in baseRefs, can have it"
_RESOURCES: Final = (
    "the plan counts CPU and memory by spec.resources of the model, and GPUs by serving[].replicaTopology"
)
_PROBED: Final = f"{_KSERVE}: its probes ask /health on port 8000; thresholds, periods and delays can be written"
_ENV: Final = "environment variables are the engine's: write spec.serving[].engine.env in the model"
_CONTAINER: Final = "write it below container"
_CONTAINERS: Final = f"the engine's container is written as container; for others, {_CONFIG}"
_PRIVILEGED: Final = (
    "the device plugin decides which slices a container sees, and a privileged one sees every GPU of its node; "
    "write capabilities.add"
)
_OF_POD: Final = {
    "nodeSelector": f"{_POOL}: write spec.nodePools[].nodeSelector in the environment",
    "nodeName": f"{_PLAN}, and kube-scheduler chooses among the pool's nodes",
    "affinity": f"{_POOL}, and replicaTopology.spread whether replicas prefer different ones",
    "tolerations": f"{_POOL}: write spec.nodePools[].tolerations in the environment",
    "topologySpreadConstraints": f"{_PLAN} by replicaTopology.spread of the serving profile",
    "replicas": "the deployment decides it: write spec.scaling there",
    "name": f"{_PLAN}: services are called after their deployment",
    "namespace": "the deployment decides it: write metadata.namespace there",
    "metadata": "labels and annotations are written in pod itself, and the plan decides names",
    "spec": "write its fields in pod itself",
    "resources": f"{_RESOURCES}; other resources go into container.resources",
    "resourceClaims": f"{_PLAN}: it asks for the slices of the pool",
    "priority": "Kubernetes decides it by priorityClassName",
    "preemptionPolicy": "Kubernetes decides it by priorityClassName",
    "overhead": "Kubernetes decides it by runtimeClassName",
    "hostNetwork": f"{_KSERVE}: two pods of a node cannot both have port 8000 of the node; {_CONFIG}",
    "hostPID": f"{_KSERVE}; {_CONFIG}",
    "hostIPC": f"{_KSERVE}; {_CONFIG}",
    "dnsPolicy": f"{_KSERVE}; {_CONFIG}",
    "dnsConfig": f"{_KSERVE}; {_CONFIG}",
    "hostAliases": f"{_KSERVE}; {_CONFIG}",
    "terminationGracePeriodSeconds": f"{_KSERVE}, whose command waits for requests that long; {_CONFIG}",
    "restartPolicy": f"{_KSERVE}: a Deployment's pods are always restarted",
    "schedulingGates": f"{_CONFIG}",
    "containers": _CONTAINERS,
    "initContainers": f"what fetches weights is spec.storageInitializer of the model; for others, {_CONFIG}",
    "sidecars": f"{_CONFIG}",
    "serviceAccount": "write it as serviceAccountName",
    "env": _ENV,
    "envFrom": _CONTAINER,
    "volumeMounts": _CONTAINER,
    "startupProbe": _CONTAINER,
    "livenessProbe": _CONTAINER,
    "readinessProbe": _CONTAINER,
    "queue": "write the label that the queue's controller reads, for example kueue.x-k8s.io/queue-name, in labels",
}
_OF_CONTAINER: Final = {
    "name": f"{_KSERVE}: it merges everything into the container called main",
    "image": "write it as serving[].engine.image of the model",
    "args": "write them as serving[].engine.args of the model",
    "command": "write it as serving[].engine.command of the model",
    "env": _ENV,
    "ports": f"{_KSERVE}: it serves on port 8000",
    "lifecycle": f"{_KSERVE}; {_CONFIG}",
    "imagePullPolicy": f"{_KSERVE}; {_CONFIG}",
    "workingDir": f"{_KSERVE}; {_CONFIG}",
    "volumes": "write them in pod itself",
    "resources.cpu": _RESOURCES,
    "resources.memory": _RESOURCES,
    "resources.claims": f"{_PLAN}: it asks for the slices of the pool",
    "securityContext.privileged": _PRIVILEGED,
    "securityContext.fsGroup": "write it in pod.securityContext: volumes belong to the pod",
    **{
        f"{probe}.{handler}": _PROBED
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        for handler in ("httpGet", "exec", "tcpSocket", "grpc")
    },
    "startupProbe.successThreshold": "Kubernetes takes only 1 here, which it is",
    "livenessProbe.successThreshold": "Kubernetes takes only 1 here, which it is",
}


def names_below(pod: str) -> dict[str, str]:
    """Return what to say of each name that is unknown below the field `pod`, such as `spec.serving.pod`."""
    return {f"{pod}.{name}": why for name, why in _OF_POD.items()} | {
        f"{pod}.container.{name}": why for name, why in _OF_CONTAINER.items()
    }
