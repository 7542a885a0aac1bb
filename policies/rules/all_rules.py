"""All rules, in the order of docs/policies.md."""

from __future__ import annotations

from typing import Final

from policies.rules.autoscaled_replicas import AUTOSCALED_REPLICAS
from policies.rules.credentials import NO_SECRET_VALUES
from policies.rules.engine_memory import ENGINE_MEMORY
from policies.rules.images import IMAGE_PINNED
from policies.rules.kserve_pods import MAIN_CONTAINER_RULE, POD_SPECS_AGREE
from policies.rules.kserve_text import ARGS_QUOTED, TEMPLATE_TEXT
from policies.rules.one_slice import ONE_SLICE
from policies.rules.pinned_weights import WEIGHTS_PINNED
from policies.rules.plan_followed import NAMES_UNIQUE, PLAN_COMPLETE
from policies.rules.pool_capacity import POOL_CAPACITY
from policies.rules.providers import KUBECONFIG_SECRET, PROVIDER_EXPLICIT, PROVIDER_IDENTIFIED
from policies.rules.resource_names import LIMITS_EQUAL_REQUESTS, RESOURCE_NAME
from policies.rules.routed_models import ROUTED_MODELS_UNIQUE
from policies.rules.routers import ROUTER_COMPLETE
from policies.rules.rule_types import ResourceRule, StackRule
from policies.rules.scheduling import GPU_TOLERATION, SLICE_PINNED, WHOLE_GPU_PINNED
from policies.rules.service_name_length import SERVICE_NAME
from policies.rules.slice_parallelism import SLICE_NOT_PARALLEL
from policies.rules.slice_profiles import PROFILE_ALLOWED, SLICE_WOULD_DO

# At level `remediate` the rules fix in this order: a resource must be spelled right before others look at it.
RESOURCE_RULES: Final[tuple[ResourceRule, ...]] = (
    RESOURCE_NAME,
    ONE_SLICE,
    LIMITS_EQUAL_REQUESTS,
    SLICE_NOT_PARALLEL,
    WHOLE_GPU_PINNED,
    SLICE_PINNED,
    GPU_TOLERATION,
    PROFILE_ALLOWED,
    SLICE_WOULD_DO,
    ENGINE_MEMORY,
    IMAGE_PINNED,
    WEIGHTS_PINNED,
    NO_SECRET_VALUES,
    MAIN_CONTAINER_RULE,
    POD_SPECS_AGREE,
    SERVICE_NAME,
    ROUTER_COMPLETE,
    TEMPLATE_TEXT,
    ARGS_QUOTED,
    PROVIDER_EXPLICIT,
    PROVIDER_IDENTIFIED,
    KUBECONFIG_SECRET,
)
STACK_RULES: Final[tuple[StackRule, ...]] = (
    POOL_CAPACITY,
    PLAN_COMPLETE,
    NAMES_UNIQUE,
    ROUTED_MODELS_UNIQUE,
    AUTOSCALED_REPLICAS,
)
