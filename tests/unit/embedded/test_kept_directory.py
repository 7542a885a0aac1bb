"""What takes long to make is made once, by whoever asks first, and anew when what decides it has changed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedded.kept_directory import kept_directory


class Maker:
    """Makes a directory with a file, and counts."""

    def __init__(self, text: str = "") -> None:
        self.text, self.times = text, 0

    def __call__(self, path: Path) -> None:
        self.times += 1
        path.mkdir()
        time.sleep(0.1)  # for others to ask meanwhile
        (path / "file").write_text(self.text)


def test_those_who_ask_at_the_same_time_get_what_one_has_made(tmp_path: Path) -> None:
    make = Maker("kinds")
    with ThreadPoolExecutor(4) as executor:
        got = list(executor.map(lambda _: kept_directory(tmp_path / "kept", "a", make), range(4)))
    assert {(each / "file").read_text() for each in got} == {"kinds"}
    assert make.times == 1


def test_what_something_else_decided_goes(tmp_path: Path) -> None:
    before = kept_directory(tmp_path, "a", Maker("old"))
    after = kept_directory(tmp_path, "b", Maker("new"))
    assert not before.exists()
    assert (after / "file").read_text() == "new"


def test_what_was_begun_and_failed_is_made_again(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        path.mkdir()
        (path / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept_directory(tmp_path, "a", fails)
    made = kept_directory(tmp_path, "a", Maker("whole"))
    assert [each.name for each in made.iterdir()] == ["file"]
