"""The documents of the page for newcomers are planned as it says; tests/gateway makes such requests."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.documents import places, plan_of
from tests.unit.cli.running import ROOT

PAGE = (ROOT / "docs/first-model.md").read_text(encoding="utf-8")
PORT = "45659"


def written(file: str) -> list[str]:
    """Return what the page's commands write into a file of the stack, one after the other."""
    return re.findall(rf"^cat >>? stacks/first/{file} <<'?EOF'?\n(.*?)^EOF$", PAGE, re.MULTILINE | re.DOTALL)


def cluster() -> dict[str, Any]:
    """Return the demo's cluster, with the gateway that the page adds."""
    documents = yaml.safe_load_all((ROOT / "stacks/demo/environments.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(each for each in documents if each["metadata"]["name"] == "onprem-b")
    (gateway,) = written("onprem-b.yaml")
    found["spec"] |= yaml.safe_load(gateway.replace("$PORT", PORT))
    return found


def test_the_first_version_is_placed_and_reached_as_the_page_shows() -> None:
    first, _ = written("models.yaml")
    plan = plan_of([cluster(), *yaml.safe_load_all(first)])
    assert places(plan) == [("chat", "onprem-b", "h100-tiny", "slice")]
    endpoint = plan["placements"][0]["endpoint"]
    assert f"   {endpoint['inCluster']}   {endpoint['external']}\n" in PAGE


def test_both_versions_answer_at_the_address_that_the_page_asks() -> None:
    documents = list(yaml.safe_load_all("".join(written("models.yaml"))))
    routers = [each["spec"]["router"] for each in documents if each["kind"] == "ModelDeployment"]
    assert routers == [{"group": "chat", "weight": 9}, {"group": "chat", "weight": 1}]
    plan = plan_of([cluster(), *documents])
    (address,) = {each["endpoint"]["external"] for each in plan["placements"]}
    assert len(plan["placements"]) == 2
    assert f"{address.replace(PORT, '$PORT')}/v1/chat/completions" in PAGE
