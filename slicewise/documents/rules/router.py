"""Rules of one ModelDeployment's router: a share needs a group, and all of it a route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.router import Router

_PATH: Final = ("spec", "router")


def check_router(router: Router) -> Iterator[Diagnostic]:
    """Yield what is wrong with a router, as KServe's webhook and its controller take it (v0.20.0)."""
    if router.enabled is False:
        for name in written_parts(router):
            message = f"enabled: false makes no route, and {_USES[name]}"
            remedy = "remove it, or write enabled: true"
            yield Diagnostic.error(Code.ROUTER_BLOCK, message, remedy, field=(*_PATH, name))
    elif router.weight is not None and router.group is None:
        message = "a weight is a share of a group, and there is none: KServe's webhook refuses a weight without a group"
        remedy = "write group: the same name in all deployments that share the requests; or remove it"
        yield Diagnostic.error(Code.ROUTER_BLOCK, message, remedy, field=(*_PATH, "weight"))
    elif router.group is not None and router.weight is None:
        message = "it has no weight: KServe's webhook refuses a group without one"
        remedy = "write weight: this deployment's share, for example 90; or remove it"
        yield Diagnostic.error(Code.ROUTER_BLOCK, message, remedy, field=(*_PATH, "group"))


_USES: Final = {
    "scheduler": "KServe's endpoint picker chooses replicas for a route only",
    "group": "KServe shares requests by weight in routes only",
    "weight": "KServe shares requests by weight in routes only",
}


def written_parts(router: Router) -> list[str]:
    """Return the fields of a router that do nothing without a route, as far as they are written."""
    written = {"scheduler": router.scheduler, "group": router.group is not None, "weight": router.weight is not None}
    return [name for name, is_written in written.items() if is_written]
