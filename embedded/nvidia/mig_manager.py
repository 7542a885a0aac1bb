"""What MIG manager makes of GPUs by each layout that it comes with; `mig_layouts.json` has it, as mig-parted says.

Device ids are those of the PCI ID database; mig-parted's config names boards in comments beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

MIG_LAYOUTS: Final = Path(__file__).with_name("mig_layouts.json")
CONFIG: Final = "deployments/systemd/config-default.yaml"
"""The config file, in mig-parted."""
DEVICE_IDS: Final = {
    # No layout is for it, by its id; those that are for all GPUs are for it, too.
    "l40s": "0x26B910DE",
    "a100-40gb": "0x20B010DE",
    "a100-80gb": "0x20B210DE",
    "a30": "0x20B710DE",
    "h100-80gb": "0x233010DE",
    "h100-nvl": "0x232110DE",
    "h200": "0x233510DE",
    "h200-nvl": "0x233B10DE",
    "gh200-144gb": "0x234810DE",
    "b200": "0x290110DE",
    "gb200": "0x294110DE",
    "b300": "0x318210DE",
    "gb300": "0x31C210DE",
    "rtx-pro-6000": "0x2BB510DE",
}
_ALL: Final = "*"

MadeSlices = Mapping[str, Mapping[str, int]]


@cache
def mig_layouts() -> Mapping[str, MadeSlices]:
    """Return the slices, by profile, that each layout makes of boards of `DEVICE_IDS`: of those that it is for."""
    table: dict[str, MadeSlices] = json.loads(MIG_LAYOUTS.read_text(encoding="utf-8"))
    return {name: dict.fromkeys(DEVICE_IDS, made[_ALL]) if _ALL in made else made for name, made in table.items()}


def record_layouts(answers: Mapping[str, Mapping[str, Mapping[str, int] | None]]) -> str:
    """Return the text of the table, given what mig-parted says by layout and device id: one line a layout."""
    lines = []
    for name, by_id in sorted(answers.items()):
        made = {board: by_id[device] or {} for board, device in DEVICE_IDS.items() if device in by_id}
        alike = len(made) == len(DEVICE_IDS) and len({json.dumps(each, sort_keys=True) for each in made.values()}) == 1
        lines.append(f"  {json.dumps(name)}: {json.dumps({_ALL: made['l40s']} if alike else made, sort_keys=True)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
