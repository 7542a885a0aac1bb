"""Every error and warning has a stable code; docs/errors.md has a paragraph on each, held to this by a test."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """SW1xx: files and YAML. SW2xx: documents. SW3xx: warnings. SW4xx: stack and clusters. SW5xx: plans."""

    PATH_MISSING = "SW101"
    UNREADABLE = "SW102"
    NO_DOCUMENTS = "SW103"
    YAML_SYNTAX = "SW104"
    DUPLICATE_KEY = "SW105"
    TOO_LARGE = "SW106"
    NOT_A_MAPPING = "SW107"
    UNKNOWN_KIND = "SW108"
    BAD_PREVIOUS_PLAN = "SW109"
    BAD_OUTPUT_DIRECTORY = "SW110"

    UNKNOWN_FIELD = "SW201"
    MISSING_FIELD = "SW202"
    BAD_VALUE = "SW203"
    UNKNOWN_PROFILE = "SW204"
    UNKNOWN_ACCELERATOR = "SW205"
    NOT_MIG_CAPABLE = "SW206"
    MEMORY_ABOVE_UNIT = "SW207"
    NOT_ON_A_SLICE = "SW208"
    SLICES_CONTRADICT_CATALOGUE = "SW209"
    DUPLICATE_DOCUMENT = "SW210"
    DUPLICATE_NAME = "SW211"
    DANGLING_MODEL_REFERENCE = "SW212"
    POOLS_NOT_DISTINCT = "SW213"
    MAXIMUM_BELOW_MINIMUM = "SW214"
    SCALING_BLOCK = "SW215"
    PARALLELISM = "SW216"
    MODEL_NAME_COLLISION = "SW217"
    TEMPLATE_CHARACTERS = "SW218"
    TOLERATION = "SW219"
    CLUSTER_BLOCK = "SW220"

    USABLE_MEMORY_BELOW_DECLARED = "SW301"
    GKE_ADVERTISES_GPU = "SW302"
    ACCELERATOR_NOT_CHECKED = "SW303"
    NODE_TOO_SMALL_FOR_UNITS = "SW304"
    NO_UNIT_FOR_ROLLING_UPDATE = "SW305"
    NOTHING_WAKES_FROM_ZERO = "SW306"

    BAD_STACK_CONFIG = "SW401"
    KUBECONFIG_MISSING = "SW402"
    KUBECONFIG_INVALID = "SW403"
    CLUSTER_UNREACHABLE = "SW404"
    NO_KUBECONFIG_SOURCE = "SW405"

    SHORTFALL = "SW501"

    @property
    def is_warning(self) -> bool:
        """Whether it only advises."""
        return self.value.startswith("SW3")
