"""Amounts as people write them in a message: NVIDIA's and Kubernetes' own numbers, and never another amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.kubernetes.quantity import Quantity
from slicewise.kubernetes.readable_quantity import readable

# What `nvidia-smi mig -lgip` lists for an H100 80GB, in MiB, divided by 1024 by hand.
SLICES = [("9984Mi", "9.75Gi"), ("20096Mi", "19.625Gi"), ("40448Mi", "39.5Gi"), ("81152Mi", "79.25Gi")]
# As large as before, and no easier to read: 79.6474609375Gi, 0.5Gi.
UNCHANGED = ["81559Mi", "512Mi", "64Mi", "1500m", "4", "80Gi", "1500", "93Gi", "80G"]


@pytest.mark.parametrize(
    ("reported", "read"), [*SLICES, ("1536Mi", "1.5Gi"), ("16384Mi", "16Gi"), ("40500M", "40.5G"), ("79.1Gi", "79.1Gi")]
)
def test_an_amount_of_memory_is_written_in_the_unit_that_gpus_are_sold_in(reported: str, read: str) -> None:
    assert readable(Quantity.parse(reported)) == read


@pytest.mark.parametrize("written", UNCHANGED)
def test_what_has_no_shorter_form_keeps_its_own(written: str) -> None:
    assert readable(Quantity.parse(written)) == written


@given(
    st.decimals(Decimal("0.001"), Decimal(10**6), allow_nan=False, places=3),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3"]),
)
def test_the_amount_stays_the_same(number: Decimal, suffix: str) -> None:
    amount = Quantity.parse(f"{number}{suffix}")
    assert Quantity.parse(readable(amount)) == amount
