"""Lines in a narrow terminal: commands stay whole, and what else could be done is not part of them."""

from __future__ import annotations

from slicewise.presentation.folding import folded


def test_a_command_ends_where_another_way_begins() -> None:
    command = "kubectl create namespace search;"
    other = "pulumi config set slicewise:createNamespaces true"
    lines = folded(f"  remedy: {command} or let the stack make what is missing: {other}", 60)
    assert max(map(len, lines)) <= 60
    assert any(command in line for line in lines)
    assert any(other in line for line in lines)


def test_a_command_at_the_end_stays_whole() -> None:
    command = "pulumi config set --path 'slicewise:acceptClusters[\"mig-a\"]' 2b5bef76-d2a1-4707-a153-0b66a44579e5"
    assert folded(f"this is another cluster; if that is meant: {command}", 40)[-1].strip() == command
