"""What NVIDIA's labels say against units, and for them.

Expected values: k8s-device-plugin v0.19 and v0.20 run over a mock of NVML (internal/lm, internal/rm); what
each unit really is follows from the layout.
"""

from __future__ import annotations

import pytest

from slicewise.clusters.live.gpus import Gpus, NoOffer, UnitFlaw
from slicewise.clusters.live.nodes import live_node
from slicewise.mig import find_gpu_model
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.live.labelled import A100, A100_SHARED, H100, labels_of, resources_of

SHARED, MIG_MODE, SPLIT, UNCOUNTED = UnitFlaw.SHARED, UnitFlaw.MIG_MODE, UnitFlaw.SPLIT, UnitFlaw.UNCOUNTED


def gpus_of(labels: str, resources: str) -> Gpus:
    gpus = live_node(node_json("n", labels_of(labels), resources_of(resources))).gpus
    assert gpus
    return gpus


def flaws(labels: str, resources: str) -> dict[str, UnitFlaw | None]:
    return {each.resource.removeprefix("nvidia.com/"): each.flaw for each in gpus_of(labels, resources).offers}


@pytest.mark.parametrize("layout", ["", "mig.config=all-1g.10gb mig.config.state=success"])
@pytest.mark.parametrize("units", [8, 16, 32, 56])
def test_gpus_in_mig_mode_under_strategy_none_are_not_whole(units: int, layout: str) -> None:
    """Also where they are time-sliced, of which labels then say nothing; 56 units would be slices of 1g.10gb."""
    labels = f"{H100}gpu.replicas=0 gpu.sharing-strategy=none {layout}"
    assert flaws(labels, f"gpu={units}") == {"gpu": MIG_MODE}
    gpus = gpus_of(labels, f"gpu={units}")
    assert not gpus.offers[0].supposed
    assert gpus.offers[0].profile is None


def test_gkes_plugin_cuts_gpus_that_gpu_feature_discovery_sees_in_mig_mode() -> None:
    partition = "cloud.google.com/gke-accelerator=nvidia-h100-80gb cloud.google.com/gke-gpu-partition-size=1g.10gb"
    assert flaws(f"{H100}gpu.replicas=0 {partition}", "gpu=56") == {"gpu": None}


@pytest.mark.parametrize(
    ("labels", "resources", "expected"),
    [
        (
            A100_SHARED + "gpu.replicas=4 gpu.sharing-strategy=time-slicing mig-3g.20gb.count=8 mig-3g.20gb.replicas=1",
            "gpu=16 mig-3g.20gb=8",
            {"gpu": SHARED, "mig-3g.20gb": None},
        ),
        (
            A100
            + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.replicas=4 mig-3g.20gb.sharing-strategy=time-slicing",
            "gpu=4 mig-3g.20gb=32",
            {"gpu": None, "mig-3g.20gb": SHARED},
        ),
        (
            A100 + "gpu.replicas=0 mig-1g.5gb.count=28 mig-1g.5gb.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb-SHARED "
            "mig-3g.20gb.count=8 mig-3g.20gb.product=NVIDIA-A100-SXM4-40GB-MIG-3g.20gb",
            "mig-1g.5gb=56 mig-3g.20gb=8",
            {"mig-1g.5gb": SHARED, "mig-3g.20gb": None},
        ),
        # Renamed (renameByDefault): labels keep the plain name.
        (
            A100 + "gpu.replicas=4 gpu.sharing-strategy=time-slicing mig-3g.20gb.count=8 mig-3g.20gb.replicas=1",
            "gpu.shared=16 mig-3g.20gb=8",
            {"gpu.shared": SHARED, "mig-3g.20gb": None},
        ),
        (
            A100 + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.replicas=2",
            "gpu=4 mig-3g.20gb.shared=16",
            {"gpu": None, "mig-3g.20gb.shared": SHARED},
        ),
        (H100 + "gpu.replicas=1 gpu.sharing-strategy=none", "gpu=7 gpu.shared=10", {"gpu": None, "gpu.shared": SHARED}),
    ],
)
def test_sharing_is_a_fact_of_one_resource(labels: str, resources: str, expected: dict[str, UnitFlaw | None]) -> None:
    assert flaws(f"{labels} mig.strategy=mixed", resources) == expected


@pytest.mark.parametrize(
    ("counted", "units", "flaw"),
    [
        ("mig-1c.3g.20gb.count=48", "mig-3g.20gb=48", SPLIT),
        # One GPU has slices that are not split.
        ("mig-1c.3g.20gb.count=42 mig-3g.20gb.count=2", "mig-3g.20gb=44", SPLIT),
        ("mig-2c.3g.20gb.count=16", "mig-3g.20gb=16", SPLIT),
        ("mig-1c.1g.5gb.me.count=8", "mig-1g.5gb=8", SPLIT),
        ("mig-3g.20gb.count=16", "mig-3g.20gb=16", None),
        # A slice is not healthy.
        ("mig-3g.20gb.count=16", "mig-3g.20gb=15", None),
        ("mig-3g.20gb.count=8", "mig-3g.20gb=16", UNCOUNTED),
        ("mig-1g.5gb.count=8", "mig-3g.20gb=16", UNCOUNTED),
        # Up to 0.19 the device plugin knows no suffixes.
        ("mig-1g.5gb.count=48 mig-1g.5gb.me.count=8", "mig-1g.5gb=56", None),
        ("mig-1g.5gb.me.count=8", "mig-1g.5gb=8", None),
        ("mig-1g.24gb-me.count=4 mig-1g.24gb.gfx.count=4", "mig-1g.24gb=8", None),
        ("mig-1g.5gb.me.count=8", "mig-1g.5gb=9", UNCOUNTED),
        # Without labels that count, nothing is said against them.
        ("", "mig-3g.20gb=16", None),
    ],
)
def test_slices_that_are_not_counted_are_not_slices(counted: str, units: str, flaw: UnitFlaw | None) -> None:
    found = flaws(f"{A100}gpu.replicas=0 mig.strategy=mixed {counted}", units)
    assert found == {units.partition("=")[0]: flaw}


def test_from_0_20_suffixes_have_resources_of_their_own() -> None:
    counted = f"{A100}gpu.replicas=0 mig.strategy=mixed mig-1g.5gb.count=48 mig-1g.5gb.me.count=8"
    old, new = gpus_of(counted, "mig-1g.5gb=56"), gpus_of(counted, "mig-1g.5gb=48 mig-1g.5gb.me=8")
    assert [offer.suffixed for offer in old.offers] == [("1g.5gb+me",)]
    assert [offer.suffixed for offer in new.offers] == [(), ()]
    assert {offer.flaw for offer in new.offers} == {None}


def test_split_slices_under_strategy_single() -> None:
    single = "gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1c.3g.20gb gpu.count=48 gpu.replicas=1 mig.strategy=single"
    assert flaws(single, "gpu=48") == {"gpu": SPLIT}


@pytest.mark.parametrize(
    ("labels", "units", "flaw"),
    [
        # Time-slicing by four, of which GPU feature discovery was not told.
        ("gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb gpu.count=56", 224, UNCOUNTED),
        ("gpu.product=NVIDIA-H200-MIG-3g.71gb gpu.count=2", 4, UNCOUNTED),
        ("gpu.count=16 gpu.memory=24192 gpu.slices.gi=1", 32, UNCOUNTED),
        ("gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb gpu.count=56", 56, None),
        # A slice is not healthy.
        ("gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb gpu.count=56", 55, None),
        ("gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", 224, None),
        # On GKE it counts whole GPUs, and GKE's label says how they are cut.
        (A100 + "cloud.google.com/gke-gpu-partition-size=1g.5gb", 56, None),
    ],
)
def test_under_single_no_more_units_are_slices_than_are_counted(labels: str, units: int, flaw: UnitFlaw | None) -> None:
    assert flaws(f"{labels} gpu.replicas=1 mig.strategy=single", f"gpu={units}") == {"gpu": flaw}


@pytest.mark.parametrize(
    ("labels", "resources", "several", "exceeded"),
    [
        # Four A100 and four H100, whole: the label is of either, by the order of a Go map.
        ("gpu.product=NVIDIA-A100-SXM4-40GB gpu.count=4 gpu.memory=40960 gpu.replicas=1", "gpu=8", True, ["gpu"]),
        ("gpu.product=NVIDIA-H100-80GB-HBM3 gpu.count=2 gpu.memory=81559 gpu.replicas=1", "gpu=4", True, ["gpu"]),
        # 32 units are four shares of each GPU, of which GPU feature discovery was not told.
        (A100 + "gpu.replicas=1 mig.strategy=single", "gpu=32", True, ["gpu"]),
        (A100 + "gpu.replicas=1", "gpu=8", False, []),
        # Seven slices of each of four A100 80GB and four of each of four H100: more than four GPUs hold.
        (
            "gpu.product=NVIDIA-A100-SXM4-80GB gpu.count=4 gpu.memory=81920 gpu.replicas=0 mig-1g.10gb.count=44",
            "mig-1g.10gb=44",
            True,
            ["mig-1g.10gb"],
        ),
        # Four of eight are cut, so only four can be whole.
        (A100 + "gpu.replicas=1 mig-3g.20gb.count=8", "gpu=4 mig-3g.20gb=8", False, []),
        (A100 + "gpu.replicas=1 mig-3g.20gb.count=8", "gpu=8 mig-3g.20gb=8", True, ["gpu"]),
    ],
)
def test_more_than_the_gpus_that_labels_count(labels: str, resources: str, several: bool, exceeded: list[str]) -> None:
    gpus = gpus_of(f"{labels} mig.strategy=mixed" if "strategy" not in labels else labels, resources)
    assert gpus.has_several_models is several
    assert [f"nvidia.com/{each}" for each in exceeded] == [
        offer.resource for offer in gpus.offers if gpus.is_exceeded_by(offer)
    ]
    assert not any(offer.supposed or (offer.profile and offer.resource == "nvidia.com/gpu") for offer in gpus.offers)


def test_slices_beside_another_models_whole_gpus() -> None:
    labels = (
        "gpu.product=NVIDIA-L40S gpu.count=4 gpu.memory=46068 gpu.replicas=1 mig.strategy=mixed mig-3g.40gb.count=8 "
        "mig-3g.40gb.product=NVIDIA-H100-80GB-HBM3-MIG-3g.40gb mig-3g.40gb.memory=40448"
    )
    gpus = gpus_of(labels, "gpu=4 mig-3g.40gb=8")
    assert (gpus.model_of("nvidia.com/gpu"), gpus.physical_of("nvidia.com/gpu")) == (find_gpu_model("l40s"), 4)
    slices = "nvidia.com/mig-3g.40gb"
    assert (gpus.model_of(slices), gpus.physical_of(slices)) == (find_gpu_model("h100-80gb"), None)
    assert gpus.has_several_models
    assert not any(offer.flaw or gpus.is_exceeded_by(offer) for offer in gpus.offers)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (A100 + "gpu.replicas=0 mig.strategy=mixed", NoOffer.NOT_CUT),
        # A device plugin with strategy none would offer them.
        (A100 + "gpu.replicas=0", NoOffer.NO_PLUGIN),
        (A100 + "gpu.replicas=1 mig.strategy=mixed", NoOffer.NO_PLUGIN),
        (A100 + "gpu.replicas=0 mig.strategy=mixed mig-3g.20gb.count=16", NoOffer.NO_PLUGIN),
        (A100 + "gpu.replicas=0 mig.strategy=mixed mig-1c.3g.20gb.count=48", NoOffer.SPLIT),
        (
            "gpu.product=NVIDIA-A100-SXM4-40GB-MIG-INVALID gpu.count=0 gpu.replicas=0 mig.strategy=single",
            NoOffer.INVALID,
        ),
    ],
)
def test_why_nothing_is_offered(labels: str, reason: NoOffer) -> None:
    assert gpus_of(labels, "").silence.reason is reason


@pytest.mark.parametrize(
    ("layout", "profile"),
    [
        ("all-3g.71gb", "3g.71gb"),
        ("all-1g.10gb.me", "1g.10gb+me"),
        ("all-3g.20gb", None),
        ("all-1g.5gb.me", None),
        ("all-balanced", None),
        ("all-disabled", None),
        ("mine", None),
    ],
)
def test_layouts_that_no_a100_of_40gb_can_have(layout: str, profile: str | None) -> None:
    gpus = gpus_of(f"{A100}gpu.replicas=0 mig.strategy=mixed mig.config={layout} mig.config.state=success", "")
    found = gpus.silence.impossible_layout
    assert (found and (found.name, found.profile, found.model)) == (profile and (layout, profile, "a100-40gb"))


def test_slices_of_two_models_under_one_name_whichever_the_labels_describe() -> None:
    """Four A100 80GB and four H100 cut into 1g.10gb: the slices' product is of the first, the node's of either."""
    slices = "mig-1g.10gb.count=44 mig-1g.10gb.product=NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"
    for product in ("NVIDIA-A100-SXM4-80GB", "NVIDIA-H100-80GB-HBM3"):
        own = f"gpu.product={product} gpu.count=4 gpu.memory=81920 gpu.replicas=0 mig.strategy=mixed"
        gpus = gpus_of(f"{own} {slices}", "mig-1g.10gb=44")
        assert gpus.has_several_models
        assert [gpus.is_exceeded_by(offer) for offer in gpus.offers] == [True]


def test_slices_of_two_models_under_two_names() -> None:
    slices = (
        "mig-3g.40gb.count=8 mig-3g.40gb.product=NVIDIA-H100-80GB-HBM3-MIG-3g.40gb "
        "mig-1g.18gb.count=28 mig-1g.18gb.product=NVIDIA-H200-MIG-1g.18gb"
    )
    for product in ("NVIDIA-H200", "NVIDIA-H100-80GB-HBM3"):
        own = f"gpu.product={product} gpu.count=4 gpu.memory=81920 gpu.replicas=0 mig.strategy=mixed"
        gpus = gpus_of(f"{own} {slices}", "mig-3g.40gb=8 mig-1g.18gb=28")
        assert gpus.has_several_models
        assert not any(gpus.is_exceeded_by(offer) for offer in gpus.offers)
        assert gpus.model_of("nvidia.com/mig-3g.40gb") == find_gpu_model("h100-80gb")
        assert gpus.model_of("nvidia.com/mig-1g.18gb") == find_gpu_model("h200")
