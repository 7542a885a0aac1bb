"""What a live cluster has, read into facts: nodes, GPUs, pods, services, namespaces.

`read_or_refusal` reads a whole cluster into a `LiveCluster`, whoever labelled its nodes; `read_existing_objects` reads
only what exists where a plan puts something.
"""

from slicewise.clusters.live.allocated_gpus import by_allocation, by_whoever_offers, is_served_twice
from slicewise.clusters.live.asked_layouts import asked_profile, awaits_layout
from slicewise.clusters.live.cluster_answer import Unreadable, answer_or_refusal, read_or_refusal
from slicewise.clusters.live.device_classes import LiveDeviceClass, answering
from slicewise.clusters.live.driver_gpus import DRIVER, resource_of_device
from slicewise.clusters.live.existing_objects import (
    NAMESPACE_KIND,
    OLDEST_NAMESPACE,
    ExistingObjects,
    KindInNamespace,
    LiveObject,
    ObjectName,
    read_existing_objects,
)
from slicewise.clusters.live.facts import GpuPod, LiveCluster, LiveNode, NodeGroupBounds, Readable, Taint
from slicewise.clusters.live.gateways import LiveGateway, live_gateway
from slicewise.clusters.live.gpus import (
    UNSETTLED,
    Gpus,
    ImpossibleLayout,
    LabelledBy,
    NoOffer,
    Offer,
    Silence,
    UnitFlaw,
)
from slicewise.clusters.live.group_names import OWN_POOL_LABEL, POOL_LABELS, is_generated, is_identifier
from slicewise.clusters.live.image_settings import KSERVE_SETTINGS, ImageSettings
from slicewise.clusters.live.label_ranks import Rank, describes_gpus, is_stable, rank
from slicewise.clusters.live.named_objects import LiveClaim, LiveNamed, NamedObjects
from slicewise.clusters.live.namespace_rules import ENFORCE_LABEL, LimitItem, NamespaceRules, Priority, ResourceQuota
from slicewise.clusters.live.node_group_bounds import belongs, most_nodes
from slicewise.clusters.live.published_slices import PublishedPool
from slicewise.clusters.live.rights import THE_RIGHTS, Right, denials, find_denied, right_facts
from slicewise.clusters.live.routes import LiveRoute, live_route
from slicewise.clusters.live.served_kinds import (
    INFERENCE_POOLS,
    NODE_GROUPS,
    ROUTES,
    SCALED_OBJECTS,
    SERVICES,
    ApiKind,
    find_unserved,
    group_of,
)
from slicewise.clusters.live.services import LiveService, ServiceKey, live_service
from slicewise.clusters.live.tolerations import REPELS, keeping_out, not_tolerated

__all__ = [
    "DRIVER",
    "ENFORCE_LABEL",
    "INFERENCE_POOLS",
    "KSERVE_SETTINGS",
    "NAMESPACE_KIND",
    "NODE_GROUPS",
    "OLDEST_NAMESPACE",
    "OWN_POOL_LABEL",
    "POOL_LABELS",
    "REPELS",
    "ROUTES",
    "SCALED_OBJECTS",
    "SERVICES",
    "THE_RIGHTS",
    "UNSETTLED",
    "ApiKind",
    "ExistingObjects",
    "GpuPod",
    "Gpus",
    "ImageSettings",
    "ImpossibleLayout",
    "KindInNamespace",
    "LabelledBy",
    "LimitItem",
    "LiveClaim",
    "LiveCluster",
    "LiveDeviceClass",
    "LiveGateway",
    "LiveNamed",
    "LiveNode",
    "LiveObject",
    "LiveRoute",
    "LiveService",
    "NamedObjects",
    "NamespaceRules",
    "NoOffer",
    "NodeGroupBounds",
    "ObjectName",
    "Offer",
    "Priority",
    "PublishedPool",
    "Rank",
    "Readable",
    "ResourceQuota",
    "Right",
    "ServiceKey",
    "Silence",
    "Taint",
    "UnitFlaw",
    "Unreadable",
    "answer_or_refusal",
    "answering",
    "asked_profile",
    "awaits_layout",
    "belongs",
    "by_allocation",
    "by_whoever_offers",
    "denials",
    "describes_gpus",
    "find_denied",
    "find_unserved",
    "group_of",
    "is_generated",
    "is_identifier",
    "is_served_twice",
    "is_stable",
    "keeping_out",
    "live_gateway",
    "live_route",
    "live_service",
    "most_nodes",
    "not_tolerated",
    "rank",
    "read_existing_objects",
    "read_or_refusal",
    "resource_of_device",
    "right_facts",
]
