"""The documents that users write: their types, how they are loaded, and everything that can be wrong with them.

`load_fleet` reads files into a `Fleet`, or raises one error that holds every mistake of every file. The types of each
kind are in the module of its name, the rules in `rules`.
"""

from slicewise.documents.allocatable import MOST_EXTENDED, USUAL_PODS, Allocatable, is_declarable
from slicewise.documents.allocation import CLUSTER_VERSION, OLDEST_RELEASE, Allocation, is_before_release
from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.bandwidth import FABRICS
from slicewise.documents.base import (
    API_VERSION,
    DNS_LABEL,
    DNS_SUBDOMAIN,
    LABEL_VALUE,
    NamespacedMetadata,
    Selector,
    is_dns_subdomain,
    is_label_key,
)
from slicewise.documents.cloud_nodes import (
    added_labels,
    catalogued,
    cloud_labels,
    gke_zones,
    nodes_at_a_time,
)
from slicewise.documents.cluster import (
    CLOUD_NAME,
    PROJECT,
    REFERENCE,
    EksCluster,
    EksReference,
    ExistingCluster,
    GkeCluster,
    GkeReference,
    KubeconfigReference,
)
from slicewise.documents.container_resources import container_amounts
from slicewise.documents.deployment import ConcurrencyScaling, DeploymentKey, FixedScaling, ModelDeployment
from slicewise.documents.device_plugin import FIRST_WITH_SUFFIXES, LAST_WITHOUT_SUFFIXES
from slicewise.documents.digests import documents_digest, text_digest
from slicewise.documents.engine_judge import SizedEngine
from slicewise.documents.environment import (
    MAX_POOLS,
    QUANTISED,
    Capabilities,
    EnvironmentSpec,
    InferenceEnvironment,
    NodePool,
    Precision,
    Toleration,
)
from slicewise.documents.environment_variables import EnvironmentVariable
from slicewise.documents.fleet import Fleet, ModelKey, model_key, served_name
from slicewise.documents.inter_node_device import InterNodeDevice
from slicewise.documents.lora import ADAPTER_VOLUME, Lora, LoraAdapter
from slicewise.documents.model_source import PersistentVolumeClaim, weights_uri
from slicewise.documents.model_weights import (
    MODEL_IMAGE_CPU,
    MODEL_IMAGE_MEMORY,
    adapter_directory,
    all_weights,
    bytes_on_disk,
    download_directory,
    is_downloaded,
    is_in_image,
    pull_secrets,
    s3_secret,
    token_secret,
    volume_claims,
)
from slicewise.documents.node_selector import MAX_LABEL_VALUES, SelectedLabels, selected_labels, selects, written_label
from slicewise.documents.pod import EngineContainer, ExtraResources, PodSettings, StorageInitializer
from slicewise.documents.pod_levels import effective_base_refs, effective_pod
from slicewise.documents.pool_offers import (
    PoolOffer,
    declared_pool,
    is_cut_in_several,
    is_dynamic,
    offer_in_words,
    offer_named,
    offered_as,
    offers_of,
    reserved_field,
    resources_of,
    with_fields,
)
from slicewise.documents.prefill_profiles import prefill_replicas, prefill_workload
from slicewise.documents.quota import Measure, Quota
from slicewise.documents.reading import KINDS, METADATA, bad_value, load_contents, load_fleet
from slicewise.documents.router import GatewayReference, Router
from slicewise.documents.rules import SYSTEM_POOL, check_document, check_model, slices_alone
from slicewise.documents.scheduling import Scheduling
from slicewise.documents.schema import any_schema, document_schema
from slicewise.documents.served_model import (
    MOST_GPUS_PER_NODE,
    MOST_NODES,
    ClusterModel,
    MigPreference,
    ModelSpec,
    ReplicaTopology,
    Requirements,
    ServingProfile,
    Spread,
)
from slicewise.documents.sized_engine import engine_options, engine_version, profile_engine, unit_of
from slicewise.documents.units import gpus_per_unit, price_per_unit, units_per_gpu, units_per_node

__all__ = [
    "ADAPTER_VOLUME",
    "API_VERSION",
    "CLOUD_NAME",
    "CLUSTER_VERSION",
    "DNS_LABEL",
    "DNS_SUBDOMAIN",
    "FABRICS",
    "FIRST_WITH_SUFFIXES",
    "KINDS",
    "LABEL_VALUE",
    "LAST_WITHOUT_SUFFIXES",
    "MAX_LABEL_VALUES",
    "MAX_POOLS",
    "METADATA",
    "MODEL_IMAGE_CPU",
    "MODEL_IMAGE_MEMORY",
    "MOST_EXTENDED",
    "MOST_GPUS_PER_NODE",
    "MOST_NODES",
    "OLDEST_RELEASE",
    "PROJECT",
    "QUANTISED",
    "REFERENCE",
    "SYSTEM_POOL",
    "USUAL_PODS",
    "Allocatable",
    "Allocation",
    "Capabilities",
    "ClusterModel",
    "ConcurrencyScaling",
    "DeploymentKey",
    "EksCluster",
    "EksReference",
    "EngineContainer",
    "EnvironmentSpec",
    "EnvironmentVariable",
    "ExistingCluster",
    "ExtraResources",
    "FixedScaling",
    "Fleet",
    "GatewayReference",
    "GkeCluster",
    "GkeReference",
    "InferenceEnvironment",
    "InterNodeDevice",
    "KubeconfigReference",
    "Lora",
    "LoraAdapter",
    "Measure",
    "MigPreference",
    "ModelArchitecture",
    "ModelDeployment",
    "ModelKey",
    "ModelSpec",
    "NamespacedMetadata",
    "NodePool",
    "PersistentVolumeClaim",
    "PodSettings",
    "PoolOffer",
    "Precision",
    "Quota",
    "ReplicaTopology",
    "Requirements",
    "Router",
    "Scheduling",
    "SelectedLabels",
    "Selector",
    "ServingProfile",
    "SizedEngine",
    "Spread",
    "StorageInitializer",
    "Toleration",
    "adapter_directory",
    "added_labels",
    "all_weights",
    "any_schema",
    "bad_value",
    "bytes_on_disk",
    "catalogued",
    "check_document",
    "check_model",
    "cloud_labels",
    "container_amounts",
    "declared_pool",
    "document_schema",
    "documents_digest",
    "download_directory",
    "effective_base_refs",
    "effective_pod",
    "engine_options",
    "engine_version",
    "gke_zones",
    "gpus_per_unit",
    "is_before_release",
    "is_cut_in_several",
    "is_declarable",
    "is_dns_subdomain",
    "is_downloaded",
    "is_dynamic",
    "is_in_image",
    "is_label_key",
    "load_contents",
    "load_fleet",
    "model_key",
    "nodes_at_a_time",
    "offer_in_words",
    "offer_named",
    "offered_as",
    "offers_of",
    "prefill_replicas",
    "prefill_workload",
    "price_per_unit",
    "profile_engine",
    "pull_secrets",
    "reserved_field",
    "resources_of",
    "s3_secret",
    "selected_labels",
    "selects",
    "served_name",
    "slices_alone",
    "text_digest",
    "token_secret",
    "unit_of",
    "units_per_gpu",
    "units_per_node",
    "volume_claims",
    "weights_uri",
    "with_fields",
    "written_label",
]
