"""What Slicewise and KServe agree on: objects, API versions, kinds, labels and annotations."""

from __future__ import annotations

from typing import Any, Final

KubernetesObject = dict[str, Any]
"""An object as JSON has it: KServe's Python SDK has no class for this spec (0.20, 0.21); in the tests the API server's
schema judges them."""

KSERVE_API_VERSION: Final = "serving.kserve.io/v1alpha2"
SERVICE_KIND: Final = "LLMInferenceService"
CONFIG_KIND: Final = "LLMInferenceServiceConfig"
KEDA_API_VERSION: Final = "keda.sh/v1alpha1"
SCALED_OBJECT_KIND: Final = "ScaledObject"
# What KServe makes of a service of several nodes, where it makes a Deployment of any other.
LEADER_WORKER_SET_API_VERSION: Final = "leaderworkerset.x-k8s.io/v1"
LEADER_WORKER_SET_KIND: Final = "LeaderWorkerSet"
# What KServe makes of a routed service: a route, and with a scheduler the pool of pods that it chooses from.
ROUTE_API_VERSION: Final = "gateway.networking.k8s.io/v1"
ROUTE_KIND: Final = "HTTPRoute"
INFERENCE_POOL_API_VERSION: Final = "inference.networking.k8s.io/v1"
INFERENCE_POOL_KIND: Final = "InferencePool"
# Kubernetes' dynamic resource allocation, served by default from 1.34.
DEVICES_API_VERSION: Final = "resource.k8s.io/v1"
CLAIM_TEMPLATE_KIND: Final = "ResourceClaimTemplate"
DEVICE_CLASS_KIND: Final = "DeviceClass"
# What KServe v0.20 makes of a service is called after it, with these appended (pkg/controller/v1alpha2/llmisvc).
DEPLOYMENT_SUFFIX: Final = "-kserve"
LEADER_WORKER_SET_SUFFIX: Final = "-kserve-mn"
# KServe merges everything into the container of this name, and ignores GPUs asked for elsewhere.
MAIN_CONTAINER: Final = "main"
# The init container that KServe adds to fetch weights; an entry of this name is merged into it (since v0.20).
STORAGE_INITIALIZER: Final = "storage-initializer"
# KServe looks for this config by name for worker + parallelism.pipeline, and ships none (v0.16 to v0.21).
PIPELINE_PARALLEL_CONFIG: Final = "kserve-config-llm-worker-pipeline-parallel"

MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "slicewise"
NAME_LABEL: Final = "app.kubernetes.io/name"
# What tells the workloads of one service apart, on the Deployments and their pods (KServe v0.20, pkg/constants).
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
COMPONENT: Final = "llminferenceservice-workload"
PREFILL_COMPONENT: Final = "llminferenceservice-workload-prefill"
ENVIRONMENT_ANNOTATION: Final = "slicewise.dev/environment"
# Whose an object is: organization/project/stack. What `render` writes has none: its owner is who applies it.
STACK_ANNOTATION: Final = "slicewise.dev/stack"
# When the stack put back an object that had been deleted or changed, or took it over.
RESTORED_ANNOTATION: Final = "slicewise.dev/restored"
# The generation of the object that it was put back over: it still has that one where putting it back changed nothing.
RESTORED_OVER_ANNOTATION: Final = "slicewise.dev/restored-over-generation"
NODE_POOL_ANNOTATION: Final = "slicewise.dev/node-pool"
PREFILL_NODE_POOL_ANNOTATION: Final = "slicewise.dev/prefill-node-pool"
PROFILE_ANNOTATION: Final = "slicewise.dev/profile"
REQUIRED_MEMORY_ANNOTATION: Final = "slicewise.dev/required-memory-per-gpu"
# What the plan found of the engine and its unit, where the model says what it is made of: the verdict, the unit's
# memory, the least with which the engine surely starts, vLLM's version, and a digest of the image and the arguments.
ENGINE_MEMORY_ANNOTATION: Final = "slicewise.dev/engine-memory"
UNIT_MEMORY_ANNOTATION: Final = "slicewise.dev/unit-memory"
ENGINE_MEMORY_ENOUGH_ANNOTATION: Final = "slicewise.dev/engine-memory-enough"
ENGINE_VERSION_ANNOTATION: Final = "slicewise.dev/engine-version"
JUDGED_ENGINE_ANNOTATION: Final = "slicewise.dev/judged-engine"
# The same five of the prefill workload: `slicewise.dev/prefill-engine-memory`.
PREFILL_PREFIX: Final = "prefill-"
# On every pod of a service: which version of it the pod runs.
REVISION_ANNOTATION: Final = "slicewise.dev/revision"
