"""Quantities as Kubernetes reads them (apimachinery's ParseQuantity)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slicewise.kubernetes.quantity import Quantity, quantity_value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("40Gi", 40 * 2**30),
        ("40G", 40 * 10**9),
        ("1Ki", 1024),
        ("1k", 1000),
        ("1Mi", 2**20),
        ("1M", 10**6),
        ("1Ti", 2**40),
        ("1T", 10**12),
        ("1Pi", 2**50),
        ("1P", 10**15),
        ("1Ei", 2**60),
        ("1E", 10**18),
        ("4", 4),
        (8, 8),
        (0.5, Decimal("0.5")),
        ("500m", Decimal("0.5")),
        ("250u", Decimal("0.00025")),
        ("1n", Decimal("1e-9")),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1e+3", 1000),
        ("15e-1", Decimal("1.5")),
        ("40.5Gi", Decimal("40.5") * 2**30),
        ("4.", 4),
        (".5", Decimal("0.5")),
        ("+4", 4),
        ("1000000000000000000", 10**18),
    ],
)
def test_a_quantity_is_what_kubernetes_reads(written: str | float, value: int | Decimal) -> None:
    quantity = Quantity.parse(written)
    assert quantity.value == value
    assert str(quantity) == str(written)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            " ",
            "Gi",
            ".",
            "e3",
            "40GB",
            "40 Gi",
            "80 GB",
            "40gi",
            "40GI",
            "40Gi\n",
            " 40Gi",
            "4O",
            "1e3Ki",
            "1Kie3",
        ),
        *(
            "1K",
            "1Zi",
            "1Y",
            "1mi",
            "0x10",
            "1_000",
            "1,5",
            "--4",
            "-4",
            "-1Gi",
            "0",
            "0Gi",
            "0.0",
            "nan",
            "inf",
            "NaN",
        ),
        *("\uff14", "1e99999", "9" * 41, "10Ei", "1e19"),
    ],
)
def test_what_kubernetes_refuses_or_nobody_can_have_is_refused(written: str) -> None:
    with pytest.raises(
        ValueError, match=r"^is (not a Kubernetes quantity; write|(not more than )?0; write|more than Kubernetes)"
    ):
        Quantity.parse(written)


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("40GB", "40Gi (powers of 1024) or 40G (powers of 1000)"),
        ("40 GiB", "40Gi (powers of 1024)"),
        ("40gi", "40Gi (powers of 1024)"),
        ("512kb", "512Ki (powers of 1024) or 512k (powers of 1000)"),
        ("40,5Gi", "40.5Gi (powers of 1024)"),
        ("1,000Mi", "1000Mi (powers of 1024)"),
        ("1_000Mi", "1000Mi (powers of 1024)"),
        ("40 Gi", "40Gi (powers of 1024)"),
        (" 40Gi", "40Gi (powers of 1024)"),
        ("1e3Gi", "1000Gi (powers of 1024)"),
        ("1.5e1gb", "15Gi (powers of 1024) or 15G (powers of 1000)"),
        ("4 cores", "4"),
        ("4vCPU", "4"),
        ("0.5 cpu", "0.5"),
        ("a lot", "for example 40Gi, 500m or 4"),
    ],
)
def test_the_remedy_is_the_quantity_that_was_meant(written: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="quantity") as caught:
        Quantity.parse(written)
    assert str(caught.value).endswith(f"write {remedy}")


def test_quantities_compare_by_value() -> None:
    assert Quantity.parse("1024Mi") == Quantity.parse("1Gi")
    assert Quantity.parse("40G") < Quantity.parse("40Gi")


def test_parts_are_rounded_up() -> None:
    assert (Quantity.parse("1500u").millis, Quantity.parse("0.1").millis, Quantity.parse("4").millis) == (2, 100, 4000)
    assert (Quantity.parse("100m").bytes, Quantity.parse("1.5").bytes, Quantity.parse("1Ki").bytes) == (1, 2, 1024)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((text, 0) for text in ("0", "0Gi", "0m", "0.0", ".0", "0e3", "-0", "+0k")),
        ("-4", -4),
        ("-1Gi", -(2**30)),
        ("1000m", 1),
        ("1e0", 1),
        (8, 8),
        (0, 0),
        ("40Gi", 40 * 2**30),
    ],
    ids=repr,
)
def test_a_value_may_be_nothing_or_less(written: str | float, value: int) -> None:
    assert quantity_value(written) == value


@pytest.mark.parametrize("written", ["", "0GB", "--4", "+-4", "- 4", "one", "1e9999", "9" * 41, None, True, [], {}])
def test_what_is_no_quantity_has_no_value(written: object) -> None:
    assert quantity_value(written) is None
