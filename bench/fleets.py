"""Fleets made from a seed: environments, models and deployments that ask for a given share of what there is.

The same arguments give the same documents, on every machine. A fleet is made backwards: pools first; then each
deployment is given pools that could serve it, in proportion to their size; then the replicas are fitted until every
pool is asked for `load` times its units. So at 85 % load nearly all can be satisfied, on every kind of pool, and
at 110 % not. Who was given which pool is forgotten then: the planner has to find out.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, Literal

from bench.drawn_fleet import DrawnDeployment, Pool, deployment_documents, environment_documents
from bench.drawn_models import ModelShape, draw_model
from bench.fleet_documents import Document
from bench.hardware import SLICES, WHOLE_GPUS

FleetKind = Literal["mig", "mixed"]

_REGIONS: Final = ("europe-west4", "us-east5", "us-central1", "asia-northeast1")
_TIERS: Final = ("production", "production", "staging")
_LANES: Final = ("standard", "standard", "batch")
# Whole GPUs among the pools of a mixed fleet.
_WHOLE_SHARE: Final = 0.45
_DEPLOYMENTS_PER_MODEL: Final = 30
_FEWEST_MODELS: Final = 20
_MOST_NODES: Final = 16
# Pools with room for some 24 replicas are most common; a few are much larger.
_COMMON_UNITS: Final = 24
# Fitting the numbers of replicas converges faster than this.
_FITTING_ROUNDS: Final = 30


def random_fleet(
    seed: int,
    *,
    environments: int,
    deployments: int,
    load: float = 0.85,
    kind: FleetKind = "mig",
    priorities: Sequence[int] = (0,),
) -> list[Document]:
    """Return the documents of a fleet that passes Slicewise's validation.

    Args:
        seed: What everything is drawn from.
        environments: How many environments, with two to four pools each.
        deployments: How many deployments; one model for 30 of them, at least 20.
        load: Units that the deployments ask for, as a share of the units of the pools.
        kind: Whether all pools are slices, or some have whole GPUs.
        priorities: What the deployments' priorities are drawn from.
    """
    rng = random.Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
    pools = [pool for number in range(environments) for pool in _draw_environment(rng, number, kind)]
    by_hardware: dict[str, list[Pool]] = defaultdict(list)
    for pool in pools:
        by_hardware[pool.hardware.name].append(pool)
    models = _draw_models(rng, max(_FEWEST_MODELS, deployments // _DEPLOYMENTS_PER_MODEL), by_hardware)
    sizes = [pool.units / pool.hardware.typical_replica for pool in pools]
    demands = [
        _draw_demand(rng, home, by_hardware, models[home.hardware.name], priorities)
        for home in rng.choices(pools, sizes, k=deployments)
    ]
    _fit(demands, pools, load)
    documents = environment_documents(rng, pools, environments)
    documents += [shape.document for shapes in models.values() for shape in shapes]
    documents += deployment_documents(demands)
    rng.shuffle(documents)
    return documents


def _draw_environment(rng: random.Random, number: int, kind: FleetKind) -> list[Pool]:
    region, tier = rng.choice(_REGIONS), rng.choice(_TIERS)
    pools = []
    for _ in range(rng.randint(2, 4)):
        whole = kind == "mixed" and rng.random() < _WHOLE_SHARE
        hardware = rng.choice(WHOLE_GPUS if whole else SLICES)
        wanted = rng.lognormvariate(math.log(_COMMON_UNITS * hardware.typical_replica), 0.7) / hardware.units_per_node
        fewest = 2 if hardware.multi_node else 1
        nodes = min(max(round(wanted), fewest), _MOST_NODES)
        pools.append(Pool(number, hardware, nodes, rng.choice(_LANES), tier, region))
    return pools


def _draw_models(rng: random.Random, count: int, by_hardware: dict[str, list[Pool]]) -> dict[str, list[ModelShape]]:
    """Return the models by the hardware that serves them best; every kind of hardware has one."""
    kinds = [pools[0].hardware for pools in by_hardware.values()]
    models: dict[str, list[ModelShape]] = defaultdict(list)
    for number in range(max(count, len(kinds))):
        hardware = kinds[number % len(kinds)]
        models[hardware.name].append(draw_model(rng, f"model-{number:04}", hardware))
    return models


def _draw_demand(
    rng: random.Random,
    home: Pool,
    by_hardware: dict[str, list[Pool]],
    models: Sequence[ModelShape],
    priorities: Sequence[int],
) -> DrawnDeployment:
    """Return a deployment that `home` and pools like it in up to two other environments could serve."""
    model = rng.choice(models)
    environment_selector, node_pool_selector = {}, {}
    draw = rng.random()
    if draw < 1 / 6:
        key = rng.choice(("region", "tier"))
        environment_selector[key] = home.labels[key]
    elif draw < 1 / 4:
        node_pool_selector["lane"] = home.lane
    selector = (environment_selector | node_pool_selector).items()
    alike = {
        pool.environment: pool
        for pool in by_hardware[home.hardware.name]
        if pool.environment != home.environment and selector <= pool.labels.items()
    }
    others = rng.sample(list(alike.values()), min(len(alike), rng.choice((0, 0, 0, 1, 1, 2))))
    return DrawnDeployment(
        model=model,
        homes=[home, *others],
        weight=1 + rng.lognormvariate(math.log(4), 0.8),
        environment_selector=environment_selector,
        node_pool_selector=node_pool_selector,
        autoscaled=rng.random() < 1 / 5,
        priority=rng.choice(priorities),
    )


def _fit(demands: Sequence[DrawnDeployment], pools: Sequence[Pool], load: float) -> None:
    """Scale the weights until each pool is asked for `load` times its units by those it was given."""
    aim = Counter({id(pool): load * pool.units for pool in pools})
    for _ in range(_FITTING_ROUNDS):
        asked: dict[int, float] = defaultdict(float)
        for demand in demands:
            for pool in demand.homes:
                asked[id(pool)] += demand.replicas * demand.model.home.units
        for demand in demands:
            factors = [aim[id(pool)] / asked[id(pool)] for pool in demand.homes]
            demand.weight *= math.prod(factors) ** (1 / len(factors))
