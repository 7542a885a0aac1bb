"""What a killed engine leaves of a state in files, and the way out that docs/troubleshooting.md gives."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.engine.workspace import STACK, Workspace

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"


def test_the_way_out_of_an_empty_file_beside_the_state(tmp_path: Path) -> None:
    stack = Workspace.create(tmp_path / "stack")
    before = stack.export()
    (attributes,) = (stack.directory / "state" / ".pulumi" / "stacks").rglob(f"{STACK}.json.attrs")
    attributes.write_bytes(b"")
    for command in (("stack", "export"), ("cancel", "--yes"), ("preview",)):
        run = stack.pulumi(*command, "--stack", STACK, fails=True)
        assert "failed to load checkpoint: EOF" in run.stderr
    (command_line,) = re.findall(r"^(find STATE/\S+ .* -delete)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    way_out = command_line.replace("STATE", str(stack.directory / "state"))
    subprocess.run(["/bin/sh", "-c", way_out], check=True)
    assert stack.export() == before
