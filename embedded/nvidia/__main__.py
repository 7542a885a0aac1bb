"""`python -m embedded.nvidia` writes the recorded tables anew, from what NVIDIA's components say today."""

from embedded.nvidia.components import ask_components, ask_mig_parted
from embedded.nvidia.layouts import layouts
from embedded.nvidia.mig_manager import MIG_LAYOUTS, record_layouts
from embedded.nvidia.recorded import RECORDED, record

if __name__ == "__main__":
    RECORDED.write_text(record(ask_components(layouts())), encoding="utf-8")
    MIG_LAYOUTS.write_text(record_layouts(ask_mig_parted()), encoding="utf-8")
