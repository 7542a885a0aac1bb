"""Names that other versions of the format, related tools and habit have for fields, and what to write instead.

The older names are those of Modelplane's own CustomResourceDefinitions over time (github.com/modelplaneai/modelplane,
apis/*/definition.yaml): `spec.kserve.cluster`, `existing.nodePools`, `gpu.memory`, `resources.vram`, `spec.workers`.
"""

from __future__ import annotations

from typing import Final

from slicewise.documents.names_of_pods import names_below
from slicewise.documents.names_of_quotas import OF_QUOTAS
from slicewise.documents.names_of_routes import GATEWAY_OF_ENVIRONMENT, ROUTER_OF_DEPLOYMENT, ROUTES_OF_MODEL
from slicewise.documents.other_name import OtherName, renamed

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
_SLICES_OF_A_NODE: Final = ", a map: {PROFILE: slices of a node}"
_SLICES_OF_A_POOL: Final = renamed("capabilities.migConfiguration.slices", _SLICES_OF_A_NODE)
_SLICES: Final = renamed("migConfiguration.slices", _SLICES_OF_A_NODE)
_POOL_LABELS: Final = renamed("nodeSelector", ", a map of labels, each with a value or a list of values")

_ENVIRONMENT: Final = {
    **GATEWAY_OF_ENVIRONMENT,
    "spec.backend": _NOT_HERE,
    "spec.kserve": _KSERVE,
    "spec.dynamo": _KSERVE,
    "spec.version": OtherName("leave it out: KServe's version is the cluster's own"),
    "spec.gpu": OtherName("GPUs are described in each of spec.nodePools", ("nodePools",)),
    "spec.kubeconfig": renamed("cluster.existing.secretRef", ", the secret that holds it"),
    "spec.clusterRef": renamed("cluster"),
    "spec.pools": renamed("nodePools"),
    "spec.nodeGroups": renamed("nodePools"),
    "spec.cluster.existing.identitySecretRef": _NO_IDENTITY,
    "spec.cluster.existing.kubeconfig": renamed("secretRef", ", the secret that holds it"),
    "spec.cluster.existing.kubeconfigSecretRef": renamed("secretRef"),
    "spec.cluster.kubeconfig": renamed("existing.secretRef", ", the secret that holds it"),
    "spec.cluster.gke.region": renamed("location"),
    "spec.cluster.gke.zone": renamed("location"),
    "spec.cluster.eks.location": renamed("region"),
    "spec.nodePools.role": OtherName("leave it out, and pools without GPUs too: only pools with GPUs are declared"),
    "spec.nodePools.gpu": OtherName(
        "write its memory as capabilities.memoryPerGpu, its acceleratorType and acceleratorCount in the pool itself",
        ("capabilities", "acceleratorType", "acceleratorCount"),
    ),
    "spec.nodePools.memory": OtherName(
        "a GPU's memory is capabilities.memoryPerGpu, a node's is allocatable.memory", ("capabilities",)
    ),
    "spec.nodePools.allocatable.maxPods": renamed("pods", ", less those of daemons"),
    "spec.nodePools.allocatable.podsPerNode": renamed("pods", ", less those of daemons"),
    "spec.nodePools.allocatable.disk": renamed("ephemeralStorage"),
    "spec.nodePools.allocatable.storage": renamed("ephemeralStorage"),
    "spec.nodePools.allocatable.resources": renamed("extendedResources"),
    "spec.nodePools.maxPods": renamed("allocatable.pods", ", less those of daemons"),
    "spec.nodePools.maxPodsPerNode": renamed("allocatable.pods", ", less those of daemons"),
    "spec.nodePools.extendedResources": renamed("allocatable.extendedResources"),
    "spec.nodePools.ephemeralStorage": renamed("allocatable.ephemeralStorage"),
    "spec.nodePools.vram": renamed("capabilities.memoryPerGpu"),
    "spec.nodePools.gpuMemory": renamed("capabilities.memoryPerGpu"),
    "spec.nodePools.gpuType": renamed("acceleratorType"),
    "spec.nodePools.accelerator": renamed("acceleratorType"),
    "spec.nodePools.gpus": renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.gpuCount": renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.gpusPerNode": renamed("acceleratorCount", ", the physical GPUs in one node"),
    "spec.nodePools.count": OtherName(
        "nodes are nodeCount, GPUs in one node are acceleratorCount", ("acceleratorCount",)
    ),
    "spec.nodePools.nodes": renamed("nodeCount"),
    "spec.nodePools.replicas": renamed("nodeCount"),
    "spec.nodePools.size": renamed("nodeCount"),
    "spec.nodePools.desiredSize": renamed("nodeCount"),
    "spec.nodePools.minNodeCount": renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.minNodes": renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.minSize": renamed("nodeCount", ": with maxNodeCount beside it the pool grows from there"),
    "spec.nodePools.maxSize": renamed("maxNodeCount"),
    "spec.nodePools.maxNodes": renamed("maxNodeCount"),
    "spec.nodePools.instanceType": renamed("machineType"),
    "spec.nodePools.locations": renamed("zones"),
    "spec.nodePools.nodeSelectorTerms": _POOL_LABELS,
    "spec.nodePools.nodeAffinity": _POOL_LABELS,
    "spec.nodePools.affinity": _POOL_LABELS,
    "spec.nodePools.matchLabels": _POOL_LABELS,
    "spec.nodePools.nodeLabels": _POOL_LABELS,
    "spec.nodePools.taints": renamed("tolerations"),
    "spec.nodePools.reserved": renamed("reservedUnits"),
    **dict.fromkeys(
        [f"spec.nodePools.{name}" for name in ("price", "cost", "costPerHour", "hourlyPrice", "hourlyCost", "pricing")],
        renamed("pricePerHour", ", of a node, without a currency"),
    ),
    **dict.fromkeys(
        [f"spec.nodePools.{name}" for name in ("dra", "allocationMode", "gpuAllocation", "deviceAllocation")],
        renamed("allocation", ": devicePlugin, extendedResource or claim"),
    ),
    "spec.nodePools.resourceClaims": renamed("allocation", ": claim"),
    **dict.fromkeys(
        [
            f"spec.{within}{name}"
            for within in ("", "nodePools.")
            for name in (
                "drain",
                "draining",
                "cordon",
                "cordoned",
                "unschedulable",
                "paused",
                "schedulable",
                "maintenance",
            )
        ],
        renamed("scheduling", ": Active, NoNew or Drain"),
    ),
    **dict.fromkeys(
        ("spec.k8sVersion", "spec.clusterVersion", "spec.serverVersion"), renamed("kubernetesVersion", ", such as 1.36")
    ),
    "spec.nodePools.kubernetesVersion": OtherName("it is that of the whole environment: see spec.kubernetesVersion"),
    **dict.fromkeys(
        ("spec.devicePlugin", "spec.pluginVersion", "spec.nvidiaDevicePluginVersion"),
        renamed("devicePluginVersion", ", for example 0.19.3"),
    ),
    **dict.fromkeys(
        (f"spec.nodePools.{within}devicePluginVersion" for within in ("", "capabilities.migConfiguration.")),
        OtherName("it is that of the whole environment: see spec.devicePluginVersion"),
    ),
    "spec.nodePools.mig": renamed("capabilities.migConfiguration", " with enabled and profile"),
    "spec.nodePools.migProfiles": _SLICES_OF_A_POOL,
    "spec.nodePools.profiles": _SLICES_OF_A_POOL,
    "spec.nodePools.slices": _SLICES_OF_A_POOL,
    "spec.nodePools.capabilities.migProfiles": _SLICES,
    "spec.nodePools.capabilities.profiles": _SLICES,
    **dict.fromkeys(
        (f"spec.nodePools.capabilities.migConfiguration.{each}" for each in ("onDemand", "dynamicMig", "isDynamic")),
        renamed("dynamic", ": true, with profiles"),
    ),
    "spec.nodePools.dynamic": renamed("capabilities.migConfiguration.dynamic"),
    "spec.nodePools.dynamicMig": renamed("capabilities.migConfiguration.dynamic"),
    "spec.nodePools.capabilities.migConfiguration.layout": renamed("slices", _SLICES_OF_A_NODE),
    "spec.nodePools.capabilities.migConfiguration.migDevices": renamed("slices", _SLICES_OF_A_NODE),
    "spec.nodePools.capabilities.migConfiguration.reserved": renamed("reservedSlices", ", a map: {PROFILE: slices}"),
    "spec.nodePools.capabilities.migConfiguration.memory": renamed("memoryPerSlice", ", a map: {PROFILE: 9728Mi}"),
    "spec.nodePools.capabilities.migConfiguration.uncutGpus": renamed("wholeGpus"),
    "spec.nodePools.reservedSlices": renamed("capabilities.migConfiguration.reservedSlices"),
    "spec.nodePools.capabilities.migConfiguration.locked": renamed("fixed"),
    "spec.nodePools.capabilities.migConfiguration.frozen": renamed("fixed"),
    "spec.nodePools.fixed": renamed("capabilities.migConfiguration.fixed"),
    "spec.nodePools.wholeGpus": renamed("capabilities.migConfiguration.wholeGpus"),
    "spec.nodePools.migProfile": renamed("capabilities.migConfiguration.profile"),
    "spec.nodePools.migStrategy": renamed("capabilities.migConfiguration.strategy"),
    "spec.nodePools.migEnabled": renamed("capabilities.migConfiguration.enabled"),
    "spec.nodePools.gpuPartitionSize": renamed("capabilities.migConfiguration.profile"),
    "spec.nodePools.capabilities.memory": renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.vram": renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.gpuMemory": renamed("memoryPerGpu"),
    "spec.nodePools.capabilities.mig": renamed("migConfiguration", " with enabled and profile"),
    "spec.nodePools.capabilities.migProfile": renamed("migConfiguration.profile"),
    "spec.nodePools.capabilities.migStrategy": renamed("migConfiguration.strategy"),
    "spec.nodePools.capabilities.migEnabled": renamed("migConfiguration.enabled"),
    "spec.nodePools.capabilities.precision": renamed("precisionSupport", ", a list"),
    "spec.nodePools.capabilities.precisions": renamed("precisionSupport"),
    "spec.nodePools.capabilities.nvlink": renamed("interconnect", ": nvlink or pcie"),
    "spec.nodePools.capabilities.multiNode": renamed("multiNodeCapable"),
    "spec.nodePools.capabilities.migConfiguration.migProfile": renamed("profile"),
    "spec.nodePools.capabilities.migConfiguration.partitionSize": renamed("profile"),
    "spec.nodePools.capabilities.migConfiguration.count": renamed("slicesPerGpu"),
}
_SOURCE: Final = OtherName(
    "write source, and the block of its name: huggingFace.repo for hf://, s3.uri for s3://, persistentVolumeClaim.name "
    "and path for pvc://, oci.image for oci://"
)
_MODEL: Final = {
    **ROUTES_OF_MODEL,
    "spec.backend": _NOT_HERE,
    "spec.serving.backend": _NOT_HERE,
    "spec.modelName": renamed("model.name"),
    "spec.vllm": OtherName(
        "write its image and extraArgs as serving[].engine.image and serving[].engine.args", ("serving",)
    ),
    "spec.engine": OtherName("write it in each of spec.serving: engine.name, engine.image, engine.args", ("serving",)),
    "spec.uri": _SOURCE,
    "spec.storageUri": _SOURCE,
    "spec.pvc": renamed("persistentVolumeClaim", " with source: PersistentVolumeClaim"),
    "spec.volume": renamed("persistentVolumeClaim", " with source: PersistentVolumeClaim"),
    "spec.hf": renamed("huggingFace"),
    "spec.adapters": renamed("lora.adapters"),
    "spec.loraAdapters": renamed("lora.adapters"),
    "spec.lora.maxLoraRank": renamed("maxRank"),
    "spec.lora.maxLoras": renamed("maxAdapters"),
    "spec.lora.adapters.uri": _SOURCE,
    "spec.lora.adapters.oci": OtherName(
        "put the adapter on a volume (persistentVolumeClaim), into S3 or on Hugging Face: KServe v0.20 takes none from "
        "images"
    ),
    "spec.persistentVolumeClaim.claimName": renamed("name"),
    "spec.persistentVolumeClaim.subPath": renamed("path"),
    "spec.s3.bucket": renamed("uri", ", s3://bucket/path"),
    "spec.s3.endpoint": OtherName(
        "leave it out: it is the annotation serving.kserve.io/s3-endpoint of a Secret of the pods' service account"
    ),
    "spec.oci.uri": renamed("image", ", without oci://"),
    "spec.oci.secretRef": renamed("pullSecretRef"),
    "spec.gpus": _GPUS,
    "spec.vram": _OF_EACH_GPU,
    "spec.profiles": renamed("serving"),
    "spec.servingProfiles": renamed("serving"),
    "spec.replicas": OtherName("replicas belong to the ModelDeployment: spec.scaling.fixed.replicas"),
    "spec.huggingFace.repository": renamed("repo"),
    "spec.huggingFace.repoId": renamed("repo"),
    "spec.huggingFace.model": renamed("repo"),
    "spec.huggingFace.branch": renamed("revision"),
    "spec.huggingFace.tag": renamed("revision"),
    "spec.huggingFace.token": OtherName("never write a token here: write secretRef, the Secret that holds it"),
    "spec.huggingFace.secretRef.namespace": OtherName("leave it out: the Secret is in the deployment's namespace"),
    "spec.resources.vram": _OF_EACH_GPU,
    "spec.resources.gpuMemory": _OF_EACH_GPU,
    "spec.resources.gpu": _GPUS,
    "spec.resources.gpus": _GPUS,
    "spec.resources.limits": OtherName("write cpu and memory in resources itself; " + _GPUS.advice),
    "spec.resources.requests": OtherName("write cpu and memory in resources itself; " + _GPUS.advice),
    "spec.serving.extraArgs": renamed("engine.args"),
    "spec.serving.nodeSelector": OtherName(
        "pools are chosen by nodePoolSelector of the ModelDeployment, environments by environmentSelector"
    ),
    "spec.serving.topology": renamed("replicaTopology"),
    "spec.serving.worker": renamed("replicaTopology.nodes"),
    "spec.serving.workers": renamed("replicaTopology.nodes"),
    "spec.serving.gpus": renamed("replicaTopology.gpusPerNode"),
    "spec.serving.vram": renamed(_MEMORY),
    "spec.serving.tensorParallelSize": renamed(f"{_PARALLEL}.tensor"),
    "spec.serving.pipelineParallelSize": renamed(f"{_PARALLEL}.pipeline"),
    "spec.serving.engine.extraArgs": renamed("args"),
    "spec.serving.engine.arguments": renamed("args"),
    "spec.serving.engine.model": renamed("/spec.huggingFace.repo"),
    "spec.serving.env": renamed("engine.env"),
    "spec.serving.envVars": renamed("engine.env"),
    "spec.serving.command": renamed("engine.command"),
    "spec.serving.args": renamed("engine.args"),
    "spec.serving.image": renamed("engine.image"),
    "spec.serving.engine.envs": renamed("env"),
    "spec.serving.engine.envVars": renamed("env"),
    "spec.serving.engine.environment": renamed("env"),
    "spec.serving.engine.envFrom": OtherName("write it as pod.container.envFrom of the serving profile"),
    "spec.env": OtherName(
        "the engine's are serving[].engine.env, those of what fetches the weights storageInitializer.env"
    ),
    "spec.initContainers": OtherName("what fetches the weights is storageInitializer"),
    "spec.template": OtherName("what is not planned by goes into pod, in Kubernetes' own shapes"),
    "spec.serving.template": OtherName("what is not planned by goes into pod, in Kubernetes' own shapes"),
    "spec.serving.replicaTopology.worker": renamed("nodes"),
    "spec.serving.replicaTopology.workers": renamed("nodes"),
    "spec.serving.replicaTopology.size": renamed("nodes"),
    "spec.serving.replicaTopology.nodeCount": renamed("nodes"),
    "spec.serving.replicaTopology.gpus": renamed("gpusPerNode"),
    "spec.serving.replicaTopology.gpuCount": renamed("gpusPerNode"),
    "spec.serving.replicaTopology.count": OtherName("nodes of a replica are nodes, GPUs of each node are gpusPerNode"),
    "spec.serving.replicaTopology.replicas": OtherName(
        "replicas belong to the ModelDeployment: spec.scaling.fixed.replicas"
    ),
    "spec.serving.replicaTopology.requires.vram": renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.memory": renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.gpuMemory": renamed("memoryPerGpu"),
    "spec.serving.replicaTopology.requires.precision": renamed("precisionSupport", ", a list"),
    "spec.serving.replicaTopology.requires.nvlink": renamed("interconnect", ": nvlink"),
    "spec.serving.replicaTopology.requires.acceleratorType": OtherName(
        "profiles say what they need (memoryPerGpu, precisionSupport), not on which GPU; pools are chosen by "
        "nodePoolSelector of the ModelDeployment"
    ),
    "spec.serving.replicaTopology.requires.migProfile": OtherName(
        "profiles say what they need (memoryPerGpu, mig: only), and Slicewise takes the smallest slice that has it"
    ),
    "spec.serving.replicaTopology.requires.migConfiguration": renamed("mig", ": any, never or only"),
    "spec.serving.replicaTopology.parallelism.tensorParallelSize": renamed("tensor"),
    "spec.serving.replicaTopology.parallelism.pipelineParallelSize": renamed("pipeline"),
    "spec.serving.replicaTopology.parallelism.dataParallelSize": renamed("data"),
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
    "spec.serving.prefill.parallelism": renamed(_PARALLEL),
    "spec.serving.prefill.requires": renamed("replicaTopology.requires"),
    "spec.serving.prefill.args": renamed("engine.args"),
    "spec.serving.prefill.replicaTopology.replicas": OtherName("write it as prefill.replicas"),
    "spec.serving.prefill.environmentSelector": OtherName(
        "leave it out: the prefill pods are in the environment of the profile's own"
    ),
}
_BY_NAME: Final = "write the environment's name as {}matchLabels: {{slicewise.dev/environment: NAME}}"
_DEPLOYMENT: Final = {
    **{
        f"spec.environmentSelector.{name}": OtherName(_BY_NAME.format(""))
        for name in ("name", "names", "matchNames", "environment", "environments", "cluster", "clusterName")
    },
    **dict.fromkeys(
        ("spec.environment", "spec.environmentName", "spec.environmentRef", "spec.cluster", "spec.clusterName"),
        OtherName(_BY_NAME.format("environmentSelector.")),
    ),
    **ROUTER_OF_DEPLOYMENT,
    "spec.model": renamed("modelRef", " with the name of a ClusterModel or Model"),
    "spec.modelName": renamed("modelRef.name"),
    "spec.replicas": renamed("scaling.fixed.replicas"),
    "spec.scaling.replicas": renamed("fixed.replicas"),
    "spec.autoscaling": renamed("scaling", " with signal: Concurrency and a concurrency block"),
    "spec.scaling.min": renamed("concurrency.minReplicas"),
    "spec.scaling.max": renamed("concurrency.maxReplicas"),
    "spec.scaling.concurrency.min": renamed("minReplicas"),
    "spec.scaling.concurrency.max": renamed("maxReplicas"),
    "spec.scaling.concurrency.targetUtilization": renamed("utilization"),
    "spec.clusters": renamed("environments"),
    "spec.clusterSelector": renamed("environmentSelector"),
    "spec.nodeSelector": renamed("nodePoolSelector", ".matchLabels, which reads the labels of pools"),
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
    "spec.labels": renamed("/metadata.labels", "; labels of pods are pod.labels"),
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
    "Quota": OF_QUOTAS,
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
    "ResourceQuota": "Quota",
    "ClusterQueue": "Quota",
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
