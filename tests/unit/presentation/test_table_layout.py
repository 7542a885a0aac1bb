"""Tables in terminals of any width: nothing is cut, and nothing that carries meaning is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from slicewise.presentation import Column
from slicewise.presentation.folding import folded, joined
from slicewise.presentation.table_layout import Layout, lay_out

PLACEMENTS = (
    *map(Column, ("deployment", "environment", "node pool")),
    Column("serving profile", short="serving"),
    Column("replicas", number=True),
    Column("each pod asks for", short="asks"),
    Column("units", number=True),
    Column(""),
)
ROWS = [
    ("team-a/gemma", "mig-a", "small-models-mig", "fp8-slice", "2", "nvidia.com/mig-3g.40gb: 1", "2", "new"),
    ("team-a/gemma", "onprem-b", "h100-whole", "bf16-gpu", "2", "nvidia.com/gpu: 1", "2", "new"),
    ("team-b/chat-small", "onprem-b", "h100-tiny", "int4-slice", "6", "nvidia.com/mig-1g.10gb: 1", "6", "new"),
]
NAMES = st.from_regex(r"[a-z]{1,6}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)


def lines(layout: Layout) -> list[str]:
    rows = [line for row in layout.rows for line in row.lines]
    return [*layout.notes, *layout.heading, *rows]


def test_a_wide_terminal_has_the_whole_table() -> None:
    layout = lay_out(PLACEMENTS, ROWS, 140)
    assert layout.notes == ()
    assert layout.heading[0].split() == " ".join(column.heading for column in PLACEMENTS).split()
    assert [line.split() for line in lines(layout)[1:]] == [" ".join(row).split() for row in ROWS]
    assert "nvidia.com/mig-3g.40gb: 1" in lines(layout)[1]


def test_eighty_columns_have_a_line_above_the_rows_of_a_deployment() -> None:
    assert lines(lay_out(PLACEMENTS, ROWS, 80)) == [
        "Resources are written without nvidia.com/",
        "In every row: new",
        "  deployment",
        "    environment  node pool         serving     replicas  asks            units",
        "  team-a/gemma",
        "    mig-a        small-models-mig  fp8-slice          2  mig-3g.40gb: 1      2",
        "    onprem-b     h100-whole        bf16-gpu           2  gpu: 1              2",
        "  team-b/chat-small",
        "    onprem-b     h100-tiny         int4-slice         6  mig-1g.10gb: 1      6",
    ]


def test_sixty_columns_have_a_block_for_each_row() -> None:
    assert lines(lay_out(PLACEMENTS, ROWS, 60))[2:6] == [
        "  deployment team-a/gemma",
        "    environment mig-a, node pool small-models-mig,",
        "      serving fp8-slice, replicas 2, asks mig-3g.40gb: 1,",
        "      units 2",
    ]


def test_sentences_are_folded_before_the_table_is_given_up() -> None:
    columns = (Column("verdict"), Column("why", prose=True))
    why = "the pool has whole GPUs; the profile has mig: only (mig-required)"
    assert lines(lay_out(columns, [("rejected", why), ("placed", "2 replicas")], 50)) == [
        "  verdict    why",
        "  rejected   the pool has whole GPUs; the profile",
        "               has mig: only (mig-required)",
        "  placed     2 replicas",
    ]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Sequence[Column], Sequence[Sequence[str]]]:
    count = draw(st.integers(2, 7))
    columns = [Column(draw(NAMES), number=draw(st.booleans())) for _ in range(count)]
    cell = st.one_of(NAMES, st.integers(0, 9999).map(str), NAMES.map("nvidia.com/{}".format))
    return columns, draw(st.lists(st.tuples(*[cell] * count), min_size=1, max_size=6))


@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(tables(), st.integers(20, 200))
def test_every_cell_is_there_in_one_piece(table: tuple[Sequence[Column], Sequence[Sequence[str]]], width: int) -> None:
    columns, rows = table
    layout = lay_out(columns, rows, width)
    shown = lines(layout)
    said = set(re.split(r"[\s,]+", " ".join(shown)))
    short = any("without nvidia.com/" in note for note in layout.notes)
    for row in rows:
        for cell in row:
            assert (cell.replace("nvidia.com/", "") if short else cell) in said
    for column in columns:
        assert column.heading in said
    for line in [line for row in layout.rows for line in row.lines]:
        # What is wider is one piece: a heading with its value, which the terminal breaks.
        assert len(line) <= width or len(line.split()) <= 2


@given(st.lists(st.from_regex(r"[a-z0-9./:-]{1,30}", fullmatch=True), min_size=1), st.integers(10, 80))
def test_words_are_never_split(words: list[str], width: int) -> None:
    shown = folded("  " + " ".join(words), width)
    assert " ".join(shown).split() == words
    assert all(len(line) <= width or len(line.split()) == 1 for line in shown)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "remedy: write `pulumi config set --secret token` to store it",
            ["remedy: write", "  `pulumi config set --secret token`", "  to store it"],
        ),
        (
            '  take it away: kubectl -n team patch svc chat -p \'[{"op": "remove"}]\'',
            ["  take it away:", '    kubectl -n team patch svc chat -p \'[{"op": "remove"}]\''],
        ),
    ],
    ids=["in backticks", "at the end"],
)
def test_a_command_is_copied_in_one_piece(line: str, expected: list[str]) -> None:
    assert folded(line, 36) == expected


def test_the_comma_at_the_end_of_a_line_has_room() -> None:
    assert joined(["units 16", "free 14", "x"], 17, first="", between=", ") == ["units 16,", "  free 14, x"]


ADDRESSES = (
    *map(Column, ("deployment", "environment", "in the cluster", "through the Gateway")),
    Column("price an hour", number=True, short="an hour"),
)


def test_a_block_has_addresses_on_lines_of_their_own_and_leaves_out_what_says_nothing() -> None:
    rows = [
        ("team/chat", "east", "http://chat.team.svc.cluster.local:8000", "-", "3.50"),
        ("team/chat", "west", "http://chat-8.team.svc.cluster.local:8000", "http://models.example.com/team/chat", "-"),
    ]
    # A terminal would take a comma after it for a part of the address.
    assert lines(lay_out(ADDRESSES, rows, 80)) == [
        "  deployment team/chat",
        "    environment east, an hour 3.50",
        "      in the cluster http://chat.team.svc.cluster.local:8000",
        "    environment west",
        "      in the cluster http://chat-8.team.svc.cluster.local:8000",
        "      through the Gateway http://models.example.com/team/chat",
    ]


def test_what_every_row_says_is_said_once_before_sentences_are_folded() -> None:
    columns = (Column("verdict"), Column("node pool"), Column("why", prose=True))
    why = "Quota support: 10 of 12 units taken, needs 6 (quota)"
    assert lines(lay_out(columns, [("rejected", "tight", why), ("rejected", "roomy", why)], 60)) == [
        f"In every row: why {why}",
        "  verdict    node pool",
        "  rejected   tight",
        "  rejected   roomy",
    ]


def test_a_word_that_is_too_wide_for_its_indentation_begins_further_left() -> None:
    field = "spec.nodePools[0].capabilities.migConfiguration.strategy:"
    assert folded(f"  InferenceEnvironment gke-a: {field} the pool", 59) == [
        "  InferenceEnvironment gke-a:",
        f"  {field}",
        "    the pool",
    ]
