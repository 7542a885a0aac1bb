"""Names that other versions of the format, related tools and habit have for fields, and what to write instead.

The older names are those of Modelplane's own CustomResourceDefinitions over time (github.com/modelplaneai/modelplane,
apis/*/definition.yaml): `spec.kserve.cluster`, `existing.nodePools`, `gpu.memory`, `resources.vram`, `spec.workers`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from slicewise.documents.names_of_pods import names_below


class OtherName(NamedTuple):
    """What to write instead of a field that is called otherwise here, or belongs elsewhere."""

    advice: str
    targets: tuple[str, ...] = ()
    """Fields, from the mapping that has the other name (`/` begins at the document): if missing, this is why."""


def _renamed(target: str, more: str = "") -> OtherName:
    return OtherName(f"write it as {target.removeprefix('/')}{more}", (target,))


_KSERVE: Final = OtherName(
    "write its cluster as spec.cluster, and the cluster's nodePools as spec.nodePools",
    ("/spec.cluster", "/spec.nodePools"),
)
_PARALLEL: Final = "replicaTopology.parallelism"
_MEMORY: Final = "replicaTopology.requires.memoryPerGpu"
_OF_EACH_GPU: Final = OtherName(
    f"what each GPU (or slice) must have is serving[].{_MEMORY}, and how many GPUs a pod gets is "
    "serving[].replicaTopology.gpusPerNode"
)
_GPUS: Final = OtherName(
    "GPUs are asked for in serving[].replicaTopology: gpusPerNode in each pod, nodes for each replica"
)
_IN_MODEL: Final = OtherName("it belongs to the model: see spec.serving of the ClusterModel or Model")
_NOT_HERE: Final = OtherName("leave it out: every environment runs KServe")
_NO_IDENTITY: Final = OtherName(
    "leave it out: a kubeconfig has its credentials, and existing.gke and existing.eks use your own"
)
_NO_NAMESPACE: Final = OtherName("leave it out: this kind belongs to no namespace")
_ONE_PROFILE: Final = (
    "with one profile: nodes that are cut into several are in a pool for each, see docs/documents.md, Nodes that are "
    "cut into several profiles"
)
_PROFILE_OF_A_POOL: Final = _renamed("capabilities.migConfiguration.profile", f", {_ONE_PROFILE}")
_PROFILE: Final = _renamed("migConfiguration.profile", f", {_ONE_PROFILE}")
_POOL_LABELS: Final = _renamed("nodeSelector", ", a map of labels")

_GATEWAY: Final = _renamed("gateway", ", with the name and namespace of a Gateway that is there")
_GATEWAYS_OWN: Final = OtherName("leave it out: the Gateway itself says it, and Slicewise neither makes nor changes it")
_IN_ENVIRONMENT: Final = OtherName("it belongs to the environment: see spec.gateway of the InferenceEnvironment")
_IN_DEPLOYMENT: Final = OtherName("it belongs to the deployment: see spec.router of the ModelDeployment")
_NO_PATHS: Final = OtherName(
    "leave it out: KServe decides the paths, /<namespace>/<service> and /publishers/<namespace>/models/<model>"
)
# As KServe's spec.router, its InferenceService, Gateway API and Ingresses have it.
_GATEWAY_OF_ENVIRONMENT: Final = {
    **dict.fromkeys(("spec.gatewayRef", "spec.gateways", "spec.ingress", "spec.ingressGateway"), _GATEWAY),
    **dict.fromkeys(
        ("spec.gateway.refs", "spec.gateway.ref", "spec.gateway.gatewayRef"),
        OtherName("write name and namespace of the one Gateway in gateway itself", ("name", "namespace")),
    ),
    **dict.fromkeys(
        [f"spec.gateway.{name}" for name in ("host", "hosts", "hostnames", "domain", "address", "url")],
        _renamed("hostname", ", the name alone"),
    ),
    **dict.fromkeys(("spec.gateway.protocol", "spec.gateway.https"), _renamed("scheme", ": http or https")),
    "spec.gateway.tls": _renamed("scheme", ": https, where the Gateway's listener has a certificate"),
    **dict.fromkeys(
        ("spec.gateway.listeners", "spec.gateway.className", "spec.gateway.gatewayClassName"), _GATEWAYS_OWN
    ),
    **dict.fromkeys(("spec.host", "spec.domain"), _renamed("gateway.hostname")),
    "spec.router": _IN_DEPLOYMENT,
}
_ROUTER_OF_DEPLOYMENT: Final = {
    "spec.router.route": OtherName("write enabled, group and weight in router itself"),
    "spec.route": _renamed("router", ", with enabled, or with group and weight"),
    **dict.fromkeys(
        [
            f"spec.{within}{name}"
            for within in ("", "router.")
            for name in ("gateway", "gateways", "gatewayRef", "ingress", "hostname", "hostnames", "host")
        ],
        _IN_ENVIRONMENT,
    ),
    **dict.fromkeys(("spec.router.path", "spec.router.paths", "spec.router.prefix"), _NO_PATHS),
    **dict.fromkeys(
        ("spec.canary", "spec.traffic", "spec.canaryTrafficPercent", "spec.trafficPercent"),
        _renamed("router.weight", ", and router.group in each deployment that shares the requests"),
    ),
    **dict.fromkeys(
        ("spec.router.percent", "spec.router.traffic", "spec.router.trafficPercent"),
        _renamed("weight", ", with group in each deployment that shares the requests"),
    ),
    **dict.fromkeys(("spec.router.endpointPicker", "spec.router.pool"), _renamed("scheduler", ": true")),
    **dict.fromkeys(("spec.expose", "spec.exposed"), _renamed("router.enabled")),
}
_ROUTES_OF_MODEL: Final = {
    **dict.fromkeys(("spec.router", "spec.route", "spec.serving.router"), _IN_DEPLOYMENT),
    **dict.fromkeys(("spec.gateway", "spec.ingress", "spec.hostname"), _IN_ENVIRONMENT),
}
_ENVIRONMENT: Final = {
    **_GATEWAY_OF_ENVIRONMENT,
    "spec.backend": _NOT_HERE,
    "spec.kserve": _KSERVE,
    "spec.dynamo": _KSERVE,
    "spec.version": OtherName("leave it out: KServe's version is the cluster's own"),
    "spec.gpu": OtherName("GPUs are described in each of spec.nodePools", ("nodePools",)),
    "spec.kubeconfig": _renamed("cluster.existing.secretRef", ", the secret that holds it"),
    "spec.clusterRef": _renamed("cluster"),
    "spec.pools": _renamed("nodePools"),
    "spec.nodeGroups": _renamed("nodePools"),
    "spec.cluster.existing.identitySecretRef": _NO_IDENTITY,
    "spec.cluster.existing.kubeconfig": _renamed("secretRef", ", the secret that holds it"),
    "spec.cluster.existing.kubeconfigSecretRef": _renamed("secretRef"),
    "spec.cluster.kubeconfig": _renamed("existing.secretRef", ", the secret that holds it"),
    "spec.cluster.gke.region": _renamed("location"),
    "spec.cluster.gke.zone": _renamed("location"),
    "spec.cluster.eks.location": _renamed("region"),
    "spec.nodePools.role": OtherName("leave it out, and pools without GPUs too: only pools with GPUs are declared"),
    "spec.nodePools.gpu": OtherName(
        "write its memory as capabilities.memoryPerGpu, its acceleratorType and acceleratorCount in the pool itself",
        ("capabilities", "acceleratorType", "acceleratorCount"),
    ),
    "spec.nodePools.memory": OtherName(
        "a GPU's memory is capabilities.memoryPerGpu, a node's is allocatable.memory", ("capabilities",)
    ),
    "spec.nodePools.allocatable.maxPods": _renamed("pods", ", less those of daemons"),
    "spec.nodePools.allocatable.podsPerNode": _renamed("pods", ", less those of daemons"),
    "spec.nodePools.allocatable.disk": _renamed("ephemeralStorage"),
    "spec.nodePools.allocatable.storage": _renamed("ephemeralStorage"),
    "spec.nodePools.allocatable.resources": _renamed("extendedResources"),
    "spec.nodePools.maxPods": _renamed("allocatable.pods", ", less those of daemons"),
    "spec.nodePools.maxPodsPerNode": _renamed("allocatable.pods", ", less those of daemons"),
    "spec.nodePools.extendedResources": _renamed("allocatable.extendedResources"),
    "spec.nodePools.ephemeralStorage": _renamed("allocatable.ephemeralStorage"),
    "spec.nodePools.vram": _renamed("capabilities.memoryPerGpu"),
    "spec.nodePools.gpuMemory": _renamed("capabilities.memoryPerGpu"),
    "spec.nodePools.gpuType": _renamed("acceleratorType"),
    "spec.nodePools.accelerator": _renamed("acceleratorType"),
    "spec.nodePools.gpus": _renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.gpuCount": _renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.gpusPerNode": _renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.count": OtherName(
        "nodes are nodeCount, GPUs in one node are acceleratorCount", ("acceleratorCount",)
    ),
    "spec.nodePools.nodes": _renamed("nodeCount"),
    "spec.nodePools.replicas": _renamed("nodeCount"),
    "spec.nodePools.size": _renamed("nodeCount"),
    "spec.nodePools.desiredSize": _renamed("nodeCount"),
    "spec.nodePools.minNodeCount": _renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.minNodes": _renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.minSize": _renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.maxSize": _renamed("maxNodeCount"),
    "spec.nodePools.maxNodes": _renamed("maxNodeCount"),
    "spec.nodePools.instanceType": _renamed("machineType"),
    "spec.nodePools.locations": _renamed("zones"),
    "spec.nodePools.nodeSelectorTerms": _POOL_LABELS,
    "spec.nodePools.nodeAffinity": _POOL_LABELS,
    "spec.nodePools.matchLabels": _POOL_LABELS,
    "spec.nodePools.nodeLabels": _POOL_LABELS,
    "spec.nodePools.taints": _renamed("tolerations"),
    "spec.nodePools.reserved": _renamed("reservedUnits"),
    "spec.nodePools.mig": _renamed("capabilities.migConfiguration", " with enabled and profile"),
    "spec.nodePools.migProfiles": _PROFILE_OF_A_POOL,
    "spec.nodePools.profiles": _PROFILE_OF_A_POOL,
    "spec.nodePools.slices": _PROFILE_OF_A_POOL,
    "spec.nodePools.capabilities.migProfiles": _PROFILE,
    "spec.nodePools.capabilities.profiles": _PROFILE,
    "spec.nodePools.capabilities.migConfiguration.profiles": _renamed("profile", f", {_ONE_PROFILE}"),
    "spec.nodePools.migProfile": _renamed("capabilities.migConfiguration.profile"),
    "spec.nodePools.migStrategy": _renamed("capabilities.migConfiguration.strategy"),
    "spec.nodePools.migEnabled": _renamed("capabilities.migConfiguration.enabled"),
    "spec.nodePools.gpuPartitionSize": _renamed("capabilities.migConfiguration.profile"),
    "spec.nodePools.capabilities.memory": _renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.vram": _renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.gpuMemory": _renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.mig": _renamed("migConfiguration", " with enabled and profile"),
    "spec.nodePools.capabilities.migProfile": _renamed("migConfiguration.profile"),
    "spec.nodePools.capabilities.migStrategy": _renamed("migConfiguration.strategy"),
    "spec.nodePools.capabilities.migEnabled": _renamed("migConfiguration.enabled"),
    "spec.nodePools.capabilities.precision": _renamed("precisionSupport", ", a list"),
    "spec.nodePools.capabilities.precisions": _renamed("precisionSupport"),
    "spec.nodePools.capabilities.nvlink": _renamed("interconnect", ": nvlink or pcie"),
    "spec.nodePools.capabilities.multiNode": _renamed("multiNodeCapable"),
    "spec.nodePools.capabilities.migConfiguration.migProfile": _renamed("profile"),
    "spec.nodePools.capabilities.migConfiguration.partitionSize": _renamed("profile"),
    "spec.nodePools.capabilities.migConfiguration.slices": _renamed("slicesPerGpu"),
    "spec.nodePools.capabilities.migConfiguration.count": _renamed("slicesPerGpu"),
}
_SOURCE: Final = OtherName(
    "write source, and the block of its name: huggingFace.repo for hf://, s3.uri for s3://, persistentVolumeClaim.name "
    "and path for pvc://, oci.image for oci://"
)
_MODEL: Final = {
    **_ROUTES_OF_MODEL,
    "spec.backend": _NOT_HERE,
    "spec.serving.backend": _NOT_HERE,
    "spec.modelName": _renamed("model.name"),
    "spec.vllm": OtherName(
        "write its image and extraArgs as serving[].engine.image and serving[].engine.args", ("serving",)
    ),
    "spec.engine": OtherName("write it in each of spec.serving: engine.name, engine.image, engine.args", ("serving",)),
    "spec.uri": _SOURCE,
    "spec.storageUri": _SOURCE,
    "spec.pvc": _renamed("persistentVolumeClaim", " with source: PersistentVolumeClaim"),
    "spec.volume": _renamed("persistentVolumeClaim", " with source: PersistentVolumeClaim"),
    "spec.hf": _renamed("huggingFace"),
    "spec.adapters": _renamed("lora.adapters"),
    "spec.loraAdapters": _renamed("lora.adapters"),
    "spec.lora.maxLoraRank": _renamed("maxRank"),
    "spec.lora.maxLoras": _renamed("maxAdapters"),
    "spec.lora.adapters.uri": _SOURCE,
    "spec.lora.adapters.oci": OtherName(
        "put the adapter on a volume (persistentVolumeClaim), into S3 or on Hugging Face: KServe v0.20 takes none from "
        "images"
    ),
    "spec.persistentVolumeClaim.claimName": _renamed("name"),
    "spec.persistentVolumeClaim.subPath": _renamed("path"),
    "spec.s3.bucket": _renamed("uri", ", s3://bucket/path"),
    "spec.s3.endpoint": OtherName(
        "leave it out: it is the annotation serving.kserve.io/s3-endpoint of a Secret of the pods' service account"
    ),
    "spec.oci.uri": _renamed("image", ", without oci://"),
    "spec.oci.secretRef": _renamed("pullSecretRef"),
    "spec.gpus": _GPUS,
    "spec.vram": _OF_EACH_GPU,
    "spec.profiles": _renamed("serving"),
    "spec.servingProfiles": _renamed("serving"),
    "spec.replicas": OtherName("replicas belong to the ModelDeployment: spec.scaling.fixed.replicas"),
    "spec.huggingFace.repository": _renamed("repo"),
    "spec.huggingFace.repoId": _renamed("repo"),
    "spec.huggingFace.model": _renamed("repo"),
    "spec.huggingFace.branch": _renamed("revision"),
    "spec.huggingFace.tag": _renamed("revision"),
    "spec.huggingFace.token": OtherName("never write a token here: write secretRef, the Secret that holds it"),
    "spec.huggingFace.secretRef.namespace": OtherName("leave it out: the Secret is in the deployment's namespace"),
    "spec.resources.vram": _OF_EACH_GPU,
    "spec.resources.gpuMemory": _OF_EACH_GPU,
    "spec.resources.gpu": _GPUS,
    "spec.resources.gpus": _GPUS,
    "spec.resources.limits": OtherName("write cpu and memory in resources itself; " + _GPUS.advice),
    "spec.resources.requests": OtherName("write cpu and memory in resources itself; " + _GPUS.advice),
    "spec.serving.extraArgs": _renamed("engine.args"),
    "spec.serving.nodeSelector": OtherName(
        "pools are chosen by nodePoolSelector of the ModelDeployment, environments by environmentSelector"
    ),
    "spec.serving.topology": _renamed("replicaTopology"),
    "spec.serving.worker": _renamed("replicaTopology.nodes"),
    "spec.serving.workers": _renamed("replicaTopology.nodes"),
    "spec.serving.gpus": _renamed("replicaTopology.gpusPerNode"),
    "spec.serving.vram": _renamed(_MEMORY),
    "spec.serving.tensorParallelSize": _renamed(f"{_PARALLEL}.tensor"),
    "spec.serving.pipelineParallelSize": _renamed(f"{_PARALLEL}.pipeline"),
    "spec.serving.engine.extraArgs": _renamed("args"),
    "spec.serving.engine.arguments": _renamed("args"),
    "spec.serving.engine.model": _renamed("/spec.huggingFace.repo"),
    "spec.serving.env": _renamed("engine.env"),
    "spec.serving.envVars": _renamed("engine.env"),
    "spec.serving.command": _renamed("engine.command"),
    "spec.serving.args": _renamed("engine.args"),
    "spec.serving.image": _renamed("engine.image"),
    "spec.serving.engine.envs": _renamed("env"),
    "spec.serving.engine.envVars": _renamed("env"),
    "spec.serving.engine.environment": _renamed("env"),
    "spec.serving.engine.envFrom": OtherName("write it as pod.container.envFrom of the serving profile"),
    "spec.env": OtherName(
        "the engine's are serving[].engine.env, those of what fetches the weights storageInitializer.env"
    ),
    "spec.initContainers": OtherName("what fetches the weights is storageInitializer"),
    "spec.template": OtherName("what is not planned by goes into pod, in Kubernetes' own shapes"),
    "spec.serving.template": OtherName("what is not planned by goes into pod, in Kubernetes' own shapes"),
    "spec.serving.replicaTopology.worker": _renamed("nodes"),
    "spec.serving.replicaTopology.workers": _renamed("nodes"),
    "spec.serving.replicaTopology.size": _renamed("nodes"),
    "spec.serving.replicaTopology.nodeCount": _renamed("nodes"),
    "spec.serving.replicaTopology.gpus": _renamed("gpusPerNode"),
    "spec.serving.replicaTopology.gpuCount": _renamed("gpusPerNode"),
    "spec.serving.replicaTopology.count": OtherName("nodes of a replica are nodes, GPUs of each node are gpusPerNode"),
    "spec.serving.replicaTopology.replicas": OtherName(
        "replicas belong to the ModelDeployment: spec.scaling.fixed.replicas"
    ),
    "spec.serving.replicaTopology.requires.vram": _renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.memory": _renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.gpuMemory": _renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.precision": _renamed("precisionSupport", ", a list"),
    "spec.serving.replicaTopology.requires.nvlink": _renamed("interconnect", ": nvlink"),
    "spec.serving.replicaTopology.requires.acceleratorType": OtherName(
        "profiles say what they need (memoryPerGpu, precisionSupport), not on which GPU; pools are chosen by "
        "nodePoolSelector of the ModelDeployment"
    ),
    "spec.serving.replicaTopology.requires.migProfile": OtherName(
        "profiles say what they need (memoryPerGpu, mig: only), and Slicewise takes the smallest slice that has it"
    ),
    "spec.serving.replicaTopology.requires.migConfiguration": _renamed("mig", ": any, never or only"),
    "spec.serving.replicaTopology.parallelism.tensorParallelSize": _renamed("tensor"),
    "spec.serving.replicaTopology.parallelism.pipelineParallelSize": _renamed("pipeline"),
    "spec.serving.replicaTopology.parallelism.dataParallelSize": _renamed("data"),
    "spec.prefill": OtherName("write it in each of spec.serving that it is for", ("serving",)),
    "spec.serving.decode": OtherName("leave it out: beside prefill the profile's own pods are those that decode"),
    "spec.serving.replicas": OtherName(
        "replicas belong to the ModelDeployment: spec.scaling.fixed.replicas; those of prefill are prefill.replicas"
    ),
}
# A prefill workload has the same fields as its profile, and some that KServe calls otherwise.
_PREFILL: Final = {
    path.replace("spec.serving.", "spec.serving.prefill."): name
    for path, name in _MODEL.items()
    if path.startswith("spec.serving.") and path != "spec.serving.replicas"
} | {
    "spec.serving.prefill.template": OtherName(
        "Slicewise makes the pods: write engine and replicaTopology, as in the profile"
    ),
    "spec.serving.prefill.parallelism": _renamed(_PARALLEL),
    "spec.serving.prefill.requires": _renamed("replicaTopology.requires"),
    "spec.serving.prefill.args": _renamed("engine.args"),
    "spec.serving.prefill.replicaTopology.replicas": OtherName("write it as prefill.replicas"),
    "spec.serving.prefill.environmentSelector": OtherName(
        "leave it out: the prefill pods are in the environment of the profile's own"
    ),
}
_DEPLOYMENT: Final = {
    **_ROUTER_OF_DEPLOYMENT,
    "spec.model": _renamed("modelRef", " with the name of a ClusterModel or Model"),
    "spec.modelName": _renamed("modelRef.name"),
    "spec.replicas": _renamed("scaling.fixed.replicas"),
    "spec.scaling.replicas": _renamed("fixed.replicas"),
    "spec.autoscaling": _renamed("scaling", " with signal: Concurrency and a concurrency block"),
    "spec.scaling.min": _renamed("concurrency.minReplicas"),
    "spec.scaling.max": _renamed("concurrency.maxReplicas"),
    "spec.scaling.concurrency.min": _renamed("minReplicas"),
    "spec.scaling.concurrency.max": _renamed("maxReplicas"),
    "spec.scaling.concurrency.targetUtilization": _renamed("utilization"),
    "spec.clusters": _renamed("environments"),
    "spec.clusterSelector": _renamed("environmentSelector"),
    "spec.nodeSelector": _renamed("nodePoolSelector", ".matchLabels, which reads the labels of pools"),
    "spec.modelRef.namespace": OtherName("leave it out: a Model is looked for in the deployment's own namespace"),
    "spec.modelRef.apiVersion": OtherName("leave it out"),
    "spec.resources": OtherName("it belongs to the model: spec.resources of the ClusterModel or Model"),
    "spec.engine": _IN_MODEL,
    "spec.engines": _IN_MODEL,
    "spec.serving": _IN_MODEL,
    "spec.worker": _IN_MODEL,
    "spec.workers": _IN_MODEL,
    "spec.template": _IN_MODEL,
    "spec.prefill": _IN_MODEL,
    "spec.labels": _renamed("/metadata.labels", "; labels of pods are pod.labels"),
    "spec.baseRefs": OtherName("configs are named by the model (spec.baseRefs) or the pool"),
    "spec.env": _IN_MODEL,
    "spec.modelCacheRef": OtherName("leave it out: there is no cache of models"),
}


def _of_pods(*pods: str) -> dict[str, OtherName]:
    return {path: OtherName(why) for pod in pods for path, why in names_below(pod).items()}


_PODS_OF_MODEL: Final = _of_pods("spec.pod", "spec.serving.pod")
OTHER_NAMES: Final = {
    "InferenceEnvironment": {**_ENVIRONMENT, **_of_pods("spec.nodePools.pod"), "metadata.namespace": _NO_NAMESPACE},
    "ClusterModel": {**_MODEL, **_PREFILL, **_PODS_OF_MODEL, "metadata.namespace": _NO_NAMESPACE},
    "Model": {**_MODEL, **_PREFILL, **_PODS_OF_MODEL},
    "ModelDeployment": {**_DEPLOYMENT, **_of_pods("spec.pod")},
}
# What any object of Kubernetes may carry, and no document does.
_METADATA: Final = OtherName("leave it out: a document has a name, labels and, where it lives in one, a namespace")
_ANY_KIND: Final = {
    **{f"metadata.{name}": _METADATA for name in ("annotations", "uid", "creationTimestamp", "resourceVersion")},
    "status": OtherName("leave it out: documents are what is wanted, not what is"),
}
OTHER_KINDS: Final = {
    "InferenceCluster": "InferenceEnvironment",
    "ModelService": "ModelDeployment",
    "LLMInferenceService": "ModelDeployment",
    "InferenceService": "ModelDeployment",
}


def plain(name: str) -> str:
    """Return a name without capitals and separators: `node_pools`, `node-pools` and `NodePools` are one."""
    return name.lower().replace("_", "").replace("-", "")


_BY_PLAIN_PATH: Final = {
    kind: {plain(path): name for path, name in (_ANY_KIND | names).items()} for kind, names in OTHER_NAMES.items()
}


def other_name(kind: str, path: str) -> OtherName | None:
    """Return what to write for the unknown field at `path`, dotted and without indices, of a document of `kind`."""
    return _BY_PLAIN_PATH[kind].get(plain(path))
