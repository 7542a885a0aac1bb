"""Warnings about a plan that works: what may still go wrong when it runs."""

from slicewise.planning.advice.contradicted_amounts import contradicted_amount_advice
from slicewise.planning.advice.crowded_nodes import crowded_node_advice
from slicewise.planning.advice.divided_groups import divided_group_advice
from slicewise.planning.advice.drained_pools import StayingDeployment, drained_pool_advice
from slicewise.planning.advice.engine_memory import engine_memory_advice
from slicewise.planning.advice.inter_node_traffic import inter_node_traffic_advice
from slicewise.planning.advice.occupied_pool import Tenant, ask_by_themselves, occupied_pools
from slicewise.planning.advice.pod_settings import pod_settings_advice
from slicewise.planning.advice.required_memory import FreeChoice, required_memory_advice
from slicewise.planning.advice.rolling_updates import ROLLS_WITHOUT_SURGE, rolling_update_advice
from slicewise.planning.advice.uncounted_resources import uncounted_resource_advice

__all__ = [
    "ROLLS_WITHOUT_SURGE",
    "FreeChoice",
    "StayingDeployment",
    "Tenant",
    "ask_by_themselves",
    "contradicted_amount_advice",
    "crowded_node_advice",
    "divided_group_advice",
    "drained_pool_advice",
    "engine_memory_advice",
    "inter_node_traffic_advice",
    "occupied_pools",
    "pod_settings_advice",
    "required_memory_advice",
    "rolling_update_advice",
    "uncounted_resource_advice",
]
