"""Documents that are right, and the warnings on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.documents.documents import mig, minimal

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

ENVIRONMENT = minimal("InferenceEnvironment", ("metadata", "labels"), {"region": "europe-west4", "tier": "prod"})
OTHER = ENVIRONMENT.replace("mig-a", "mig-b").replace("europe-west4", "us-east1").replace("tier: prod", "tier: dev")
MODEL = minimal("ClusterModel")
DEPLOYMENT = minimal("ModelDeployment")


def advice(loader: Loader, *texts: str) -> list[str]:
    return [str(each) for each in loader.load(*texts).advice]


def cut(name: str, profile: str, memory: str, **more: object) -> dict[str, Any]:
    return {"name": name, "nodeSelector": {"pool": "mixed"}, "capabilities": mig(profile, memory), **more}
