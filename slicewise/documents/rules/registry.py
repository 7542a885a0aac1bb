"""Every rule of one document, and what of it has to be right: a right document satisfies all, a broken one some.

Rules between documents are in references.py and fleet_warnings.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import BaseModel

from slicewise.diagnostics import Diagnostic, FieldPath
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument
from slicewise.documents.quota import Quota, QuotaSpec
from slicewise.documents.rules.allocation import (
    check_allocation_of_cloud,
    check_one_allocation,
    check_publishable,
    check_release,
    check_strategy,
)
from slicewise.documents.rules.architecture import check_architecture, check_sized_profile
from slicewise.documents.rules.autoscaled_slices import check_autoscaled_slices
from slicewise.documents.rules.cluster import check_cluster_block
from slicewise.documents.rules.credentials_of_download import check_credentials_of_download
from slicewise.documents.rules.credentials_once import check_credentials_once
from slicewise.documents.rules.cut_gpus import check_cut
from slicewise.documents.rules.cut_on_demand import (
    check_counters,
    check_on_demand_allocation,
    check_on_demand_fields,
    check_places,
    check_profiles_once,
)
from slicewise.documents.rules.deployment import check_metadata, check_namespace, check_scaling
from slicewise.documents.rules.gpus import check_gpu
from slicewise.documents.rules.hub_addresses import check_hub_addresses
from slicewise.documents.rules.initializer_use import check_initializer_use
from slicewise.documents.rules.judged_document import (
    JudgedDeployment,
    JudgedEnvironment,
    JudgedModel,
    validated,
    value_at,
)
from slicewise.documents.rules.listed_labels import check_listed_labels
from slicewise.documents.rules.lora import check_lora, check_lora_arguments
from slicewise.documents.rules.model_source import check_source
from slicewise.documents.rules.node_labels import check_node_labels
from slicewise.documents.rules.own_weights import check_download_mounted_over, check_mounted_over
from slicewise.documents.rules.owned_labels import check_environment_labels
from slicewise.documents.rules.pod import (
    check_base_refs,
    check_engine_variables,
    check_pod,
    check_pool_base_refs,
    check_pool_pod,
    check_profile_pod,
    check_storage_initializer,
)
from slicewise.documents.rules.pool_amounts import (
    check_gpus_of_a_node,
    check_inter_node_device,
    check_maximum,
    check_nvlink_domain,
    check_reserved,
)
from slicewise.documents.rules.prefill import check_prefill_nodes
from slicewise.documents.rules.provisioned_gpus import check_gke_gpus, check_machine, check_one_strategy
from slicewise.documents.rules.provisioned_pools import (
    check_cluster_name,
    check_disk_of_existing,
    check_machine_type_is_there,
    check_machine_type_of_existing,
    check_pool_name,
    check_selector,
    check_zones,
    check_zones_of_existing,
)
from slicewise.documents.rules.quantised_weights import check_quantised_weights
from slicewise.documents.rules.quota import check_quota
from slicewise.documents.rules.router import check_router
from slicewise.documents.rules.rule import (
    JudgedT,
    Rule,
    of_architecture,
    of_base_refs,
    of_cluster,
    of_download,
    of_each_made_pool,
    of_each_pool,
    of_each_pool_and_cluster,
    of_each_pool_and_versions,
    of_each_prefill,
    of_each_prefill_and_architecture,
    of_each_profile,
    of_each_profile_and_architecture,
    of_each_profile_and_repository,
    of_each_profile_with_adapters,
    of_engine_variables_and_download,
    of_labels,
    of_lora,
    of_metadata,
    of_name,
    of_namespace,
    of_pod_of_deployment,
    of_pod_of_model,
    of_pods_and_download,
    of_pools,
    of_pools_and_cluster,
    of_profiles,
    of_router,
    of_scaling,
    of_source,
    of_storage_initializer,
)
from slicewise.documents.rules.served_model import (
    check_engine,
    check_parallelism,
    check_required_memory,
    check_slices_alone,
)
from slicewise.documents.rules.shared_nodes import check_counted_twice, check_distinct_pools
from slicewise.documents.rules.slices import (
    check_keys_of_slices,
    check_made_in_several,
    check_memory_is_there,
    check_reserved_slices,
    check_slice_fields,
    check_whole_gpus,
)
from slicewise.documents.rules.tolerations import check_tolerations
from slicewise.documents.rules.unique_names import check_unique_names
from slicewise.documents.served_model import ModelSpec

_MIG: Final = "capabilities.migConfiguration"
_MACHINE: Final = (_MIG, "acceleratorType", "acceleratorCount", "machineType")
_SLICES: Final = (_MIG, "acceleratorType", "acceleratorCount", "capabilities.memoryPerGpu")
_UNITS: Final = (_MIG, "acceleratorType", "acceleratorCount", "nodeCount", "maxNodeCount", "reservedUnits")

ENVIRONMENT_RULES: Final[tuple[Rule[JudgedEnvironment], ...]] = (
    of_labels(check_environment_labels),
    of_cluster(check_cluster_block),
    of_pools(check_unique_names, "name"),
    of_each_pool(check_maximum, "nodeCount", "maxNodeCount"),
    of_each_pool(check_reserved, *_UNITS),
    of_each_pool(check_gpus_of_a_node, "acceleratorCount", "acceleratorType", _MIG),
    of_each_pool(check_nvlink_domain, "capabilities", "acceleratorCount"),
    of_each_pool(check_inter_node_device, "capabilities.interNodeDevice", "allocatable"),
    of_each_pool(check_tolerations, "tolerations"),
    of_each_pool(check_listed_labels, "nodeSelector"),
    of_each_pool(check_gpu, "acceleratorType", _MIG),
    of_each_pool(check_memory_is_there, "capabilities.memoryPerGpu", _MIG),
    of_each_pool(check_slice_fields, "reservedUnits", *_SLICES),
    of_each_pool(check_keys_of_slices, _MIG),
    of_each_pool(check_reserved_slices, _MIG, "nodeCount", "maxNodeCount"),
    of_each_pool(check_whole_gpus, *_SLICES),
    of_each_pool(check_cut, *_SLICES),
    of_each_pool(check_on_demand_fields, _MIG),
    of_each_pool(check_profiles_once, _MIG),
    of_each_pool(check_on_demand_allocation, "allocation", _MIG),
    of_each_pool(check_places, "acceleratorType", _MIG),
    of_each_pool(check_pool_pod, "pod"),
    of_each_pool(check_pool_base_refs, "baseRefs"),
    of_pools(check_distinct_pools, "name", _MIG, "nodeSelector"),
    of_pools(check_counted_twice, "name", "nodeSelector", "allocatable", *_UNITS),
    of_each_pool_and_cluster(check_strategy, "allocation", _MIG),
    of_each_pool_and_versions(check_release, "allocation"),
    of_each_pool_and_versions(check_counters, "allocation", _MIG),
    of_each_pool(check_publishable, "allocation", "acceleratorType", _MIG),
    of_pools(check_one_allocation, "name", "allocation", "nodeSelector", *_UNITS),
    # Of a cluster that exists.
    of_each_pool_and_cluster(check_machine_type_of_existing, "machineType"),
    of_each_pool_and_cluster(check_disk_of_existing, "diskSizeGb"),
    of_each_pool_and_cluster(check_zones_of_existing, "zones"),
    of_each_pool_and_cluster(check_node_labels, "nodeSelector", "acceleratorType", _MIG),
    of_each_pool_and_cluster(check_autoscaled_slices, "allocation", "nodeSelector", *_UNITS),
    # Of a cluster that the stack makes.
    of_name(check_cluster_name),
    of_each_made_pool(check_machine_type_is_there, "machineType"),
    of_each_made_pool(check_pool_name, "name"),
    of_each_made_pool(check_selector, "name", "nodeSelector", "acceleratorType", "machineType", "zones", _MIG),
    of_each_made_pool(check_zones, "zones", "nodeCount", "maxNodeCount"),
    of_each_made_pool(check_allocation_of_cloud, "allocation"),
    of_each_made_pool(check_made_in_several, _MIG),
    of_each_made_pool(check_gke_gpus, *_MACHINE),
    of_each_made_pool(check_machine, *_MACHINE),
    of_pools_and_cluster(check_one_strategy, _MIG),
)
DEPLOYMENT_RULES: Final[tuple[Rule[JudgedDeployment], ...]] = (
    of_namespace(check_namespace),
    of_metadata(check_metadata),
    of_scaling(check_scaling),
    of_router(check_router),
    of_pod_of_deployment(check_pod),
)
_SIZED: Final = (
    "engine",
    "replicaTopology.nodes",
    "replicaTopology.gpusPerNode",
    "replicaTopology.parallelism",
    "replicaTopology.requires.memoryPerGpu",
)
MODEL_RULES: Final[tuple[Rule[JudgedModel], ...]] = (
    of_profiles(check_unique_names, "name"),
    of_each_profile(check_engine, "engine.args", "engine.command"),
    of_each_profile(check_engine_variables, "engine.env"),
    of_each_profile(check_profile_pod, "pod", "prefill"),
    of_pod_of_model(check_pod),
    of_storage_initializer(check_storage_initializer),
    of_download(check_credentials_once),
    of_engine_variables_and_download(check_credentials_of_download),
    of_download(check_hub_addresses),
    of_download(check_initializer_use),
    of_download(check_download_mounted_over),
    of_pods_and_download(check_mounted_over),
    of_base_refs(check_base_refs),
    of_each_profile(check_required_memory, "replicaTopology.requires.memoryPerGpu"),
    of_each_profile(
        check_slices_alone, "replicaTopology.requires", "replicaTopology.nodes", "replicaTopology.gpusPerNode"
    ),
    of_each_profile(
        check_parallelism, "replicaTopology.nodes", "replicaTopology.gpusPerNode", "replicaTopology.parallelism"
    ),
    of_each_profile(check_prefill_nodes, "prefill", "replicaTopology.nodes"),
    of_each_prefill(check_engine, "engine.args"),
    of_each_prefill(check_engine_variables, "engine.env"),
    of_each_prefill(check_required_memory, "replicaTopology.requires.memoryPerGpu"),
    of_each_prefill(
        check_slices_alone, "replicaTopology.requires", "replicaTopology.nodes", "replicaTopology.gpusPerNode"
    ),
    of_each_prefill(
        check_parallelism, "replicaTopology.nodes", "replicaTopology.gpusPerNode", "replicaTopology.parallelism"
    ),
    of_each_profile_and_repository(check_quantised_weights, "engine.args", "replicaTopology.requires.precisionSupport"),
    of_source(check_source),
    of_lora(check_lora),
    of_each_profile_with_adapters(check_lora_arguments, "engine.args"),
    of_architecture(check_architecture),
    of_each_profile_and_architecture(check_sized_profile, *_SIZED),
    of_each_prefill_and_architecture(check_sized_profile, *_SIZED),
)


def check_document(document: AnyDocument) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, a `document` that fits its schema, without looking at any other."""
    if isinstance(document, InferenceEnvironment):
        return _judge(JudgedEnvironment.right(document), ENVIRONMENT_RULES)
    if isinstance(document, ModelDeployment):
        return _judge(JudgedDeployment.right(document), DEPLOYMENT_RULES)
    if isinstance(document, Quota):
        return check_quota(document.spec)
    return _judge(JudgedModel.right(document.spec), MODEL_RULES)


def check_model(spec: ModelSpec) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, a ClusterModel or Model with this `spec`."""
    return _judge(JudgedModel.right(spec), MODEL_RULES)


def check_broken(kind: type[BaseModel], data: object, wrong: Iterable[FieldPath]) -> Iterator[Diagnostic]:
    """Yield the errors in the parts that are right of a document that does not fit its schema.

    One mistake hides no other that has nothing to do with it. Warnings are for documents without errors.

    Args:
        kind: What the document is.
        data: The document.
        wrong: The fields that do not fit the schema: nothing can be concluded from them.
    """
    if kind is InferenceEnvironment:
        found = _judge(JudgedEnvironment.broken(data, wrong), ENVIRONMENT_RULES)
    elif kind is ModelDeployment:
        found = _judge(JudgedDeployment.broken(data), DEPLOYMENT_RULES)
    elif kind is Quota:
        spec = validated(QuotaSpec, value_at(data, ("spec",)))
        found = check_quota(spec) if spec else iter(())
    else:
        found = _judge(JudgedModel.broken(data, wrong), MODEL_RULES)
    return (each for each in found if each.is_error)


def _judge(document: JudgedT, rules: Iterable[Rule[JudgedT]]) -> Iterator[Diagnostic]:
    for rule in rules:
        yield from rule.run(document)
