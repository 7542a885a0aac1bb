"""Amounts as Slicewise writes them: each is what apimachinery (v0.34.2) itself makes of it, and stores."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.kubernetes.canonical_quantity import canonical
from slicewise.kubernetes.quantity import Quantity

# The second is what `resource.MustParse(first).String()` gives in Go.
STORED = [
    *[("4000m", "4"), ("4.0", "4"), ("0.004k", "4"), ("1.5", "1500m"), ("1500000u", "1500m"), ("0.1", "100m")],
    *[("100.0005m", "100000500n"), ("4.0000000001", "4000000001n"), ("12e1", "120")],
    *[("16384Mi", "16Gi"), ("16777216Ki", "16Gi"), ("+16Gi", "16Gi"), ("40.Gi", "40Gi"), ("0.5Gi", "512Mi")],
    *[("1.5Gi", "1536Mi"), (".5Ti", "512Gi"), ("0.3Gi", "322122547200m"), ("1500000.5", "1500000500m")],
    *[("1.0000000001Gi", "1073741824107374183n"), ("16G", "16G"), ("1000000", "1M"), ("1048577", "1048577")],
    *[("1000Mi", "1000Mi"), ("7Ei", "7Ei"), ("1E", "1E"), ("200", "200"), ("999", "999"), ("100000.M", "100G")],
]
# Where Kubernetes keeps the family of suffixes that was written, the shorter of the two is taken.
EQUAL = [
    *[("17179869184", "16Gi"), ("1048576", "1Mi"), ("1e9", "1G"), ("1073741824000m", "1Gi"), ("2097152k", "2000Mi")],
    *[("120e-2", "1200m"), ("4e0", "4"), ("1e3", "1k")],
]


@pytest.mark.parametrize(("written", "stored"), STORED)
def test_what_kubernetes_stores(written: str, stored: str) -> None:
    assert canonical(Quantity.parse(written)) == stored


@pytest.mark.parametrize(("written", "canonically"), EQUAL)
def test_the_same_amount_in_another_family_of_suffixes(written: str, canonically: str) -> None:
    assert canonical(Quantity.parse(written)) == canonically


@given(
    st.decimals(Decimal("0.001"), Decimal(10**6), allow_nan=False, places=3),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3"]),
)
def test_it_depends_on_the_amount_alone_and_keeps_it(number: Decimal, suffix: str) -> None:
    amount = Quantity.parse(f"{number}{suffix}")
    written = Quantity.parse(canonical(amount))
    assert written == amount
    assert canonical(written) == str(written)
    assert "." not in str(written)
