from __future__ import annotations

import pytest

from slicewise import sizing


@pytest.mark.parametrize("name", sizing.__all__)
def test_every_name_is_there_however_late_it_is_loaded(name: str) -> None:
    assert getattr(sizing, name) is not None


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match=r"slicewise\.sizing has no attribute sizes"):
        sizing.sizes  # noqa: B018
