"""What NVIDIA's driver calls the boards of a GPU model, as a regular expression.

The names are those of NVML, which the DRA driver publishes as `productName`: `NVIDIA H100 80GB HBM3`.
"""

from __future__ import annotations

import re
from typing import Final

from slicewise.mig.accelerators import known_gpu_model

# From the memory on a name says what tells boards of one chip apart.
_MEMORY: Final = re.compile(r"-[0-9]+gb?(-.*)?$")


def product_pattern(accelerator_type: str) -> str | None:
    r"""Return a regular expression (RE2) that the driver's names of a GPU model match; None of an unknown model.

    It says which chip it is, `(?i)\b(a100|a800)\b`, and not its memory or how it is connected, which many names leave
    out: `NVIDIA H100 PCIe` has 80 GB.
    """
    model = known_gpu_model(accelerator_type)
    if model is None:
        return None
    names = [_MEMORY.sub("", each.removeprefix("tesla-")) for each in (model.name, *model.aliases)]
    # `h100` says all that `h100-nvl` does.
    least = [each for each in names if not any(each.startswith(f"{other}-") for other in names)]
    words = sorted({each.replace("-", "[ -]") for each in least})
    return rf"(?i)\b({'|'.join(words)})\b"
