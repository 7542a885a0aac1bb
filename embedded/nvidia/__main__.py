"""`python -m embedded.nvidia` writes `recorded.json` anew, from what NVIDIA's components say today."""

from embedded.nvidia.components import ask_components
from embedded.nvidia.layouts import layouts
from embedded.nvidia.recorded import RECORDED, record

if __name__ == "__main__":
    RECORDED.write_text(record(ask_components(layouts())), encoding="utf-8")
