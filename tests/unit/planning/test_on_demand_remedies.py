"""Remedies for pools whose GPUs are cut on demand: whoever follows one gets what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest

from slicewise.planning import Rejections, make_plan, parse_previous
from slicewise.planning.remedies.finding import Remedies
from slicewise.planning.remedies.remedy import Remedy
from tests.documents import Document, plan_of, planned
from tests.unit.planning.following import follow, loaded, rival_content, step_less
from tests.unit.planning.on_demand_fleets import on_demand_documents


def gained(documents: list[Document], before: Document, name: str) -> int:
    """Return the environments that a deployment has after a plan for `documents` more than in the one before it."""
    after = planned(loaded(documents), parse_previous(before["placements"], "before"))
    counts = [Counter(item["deployment"]["name"] for item in each["placements"])[name] for each in (after, before)]
    return counts[0] - counts[1]


def assert_true(remedy: Remedy, documents: list[Document], before: Document, name: str) -> None:
    if remedy.rival:
        # Who might come first goes no further than it has come.
        documents = list(chain.from_iterable(rival_content(each, before, name) for each in documents))
    assert gained(follow(remedy, documents), before, name) >= 1, remedy
    less = step_less(remedy, documents)
    if less is not None and not remedy.rival:
        assert gained(follow(replace(remedy, value=less), documents), before, name) == 0, remedy


@pytest.mark.long
@pytest.mark.parametrize("seed", range(24))
def test_every_remedy_is_true(seed: int) -> None:
    documents = on_demand_documents(seed)
    fleet, before = loaded(documents), plan_of(documents)
    plan = make_plan(fleet)
    remedies = Remedies(fleet, plan, Rejections(fleet, plan))
    for shortfall in plan.shortfalls:
        found = remedies.of(shortfall, limit=8)
        assert found
        for remedy in found:
            assert_true(remedy, documents, before, shortfall.deployment.name)
