"""The GPUs of Azure's virtual machine sizes.

Source: Microsoft's pages of GPU-accelerated sizes, tab Accelerators (MicrosoftDocs/azure-compute-docs,
articles/virtual-machines/sizes/gpu-accelerated, 2024-07 to 2026-08; the counts of A100, H100, H200, T4 and A10 also in
kaito-project/kaito, pkg/sku). Sizes with a part of a GPU (NV6ads_A10_v5) and with AMD's are left out.
"""

from __future__ import annotations

from typing import Final

from slicewise.mig.machines import MachineGpus

# In lower case: Azure does not distinguish, and nodes are labelled as whoever made the pool wrote it.
_SIZES: Final = {
    # A100 80 GB PCIe, A100 40 GB and 80 GB SXM.
    "standard_nc24ads_a100_v4": MachineGpus("a100-80gb", 1),
    "standard_nc48ads_a100_v4": MachineGpus("a100-80gb", 2),
    "standard_nc96ads_a100_v4": MachineGpus("a100-80gb", 4),
    "standard_nd96asr_v4": MachineGpus("a100-40gb", 8),
    "standard_nd96amsr_a100_v4": MachineGpus("a100-80gb", 8),
    # H100 NVL of 94 GB, also in confidential machines; H100 80 GB SXM, H200.
    "standard_nc40ads_h100_v5": MachineGpus("h100-94gb", 1),
    "standard_nc80adis_h100_v5": MachineGpus("h100-94gb", 2),
    "standard_ncc40ads_h100_v5": MachineGpus("h100-94gb", 1),
    "standard_nd96isr_h100_v5": MachineGpus("h100-80gb", 8),
    "standard_nd96isr_h200_v5": MachineGpus("h200", 8),
    # Grace Blackwell, RTX PRO 6000 Blackwell Server Edition.
    "standard_nd128isr_ndr_gb200_v6": MachineGpus("gb200", 4),
    "standard_nd128isr_gb300_v6": MachineGpus("gb300", 4),
    "standard_nd128isrg5_gb300_v6": MachineGpus("gb300", 4),
    "standard_nc128ds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 1),
    "standard_nc256ds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 2),
    "standard_nc320ds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 2),
    "standard_nc128lds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 1),
    "standard_nc256lds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 2),
    "standard_nc320lds_xl_rtxpro6000bse_v6": MachineGpus("rtx-pro-6000", 2),
    # Without MIG.
    "standard_nc4as_t4_v3": MachineGpus("t4", 1),
    "standard_nc8as_t4_v3": MachineGpus("t4", 1),
    "standard_nc16as_t4_v3": MachineGpus("t4", 1),
    "standard_nc64as_t4_v3": MachineGpus("t4", 4),
    "standard_nv36ads_a10_v5": MachineGpus("a10", 1),
    "standard_nv36adms_a10_v5": MachineGpus("a10", 1),
    "standard_nv72ads_a10_v5": MachineGpus("a10", 2),
    "standard_nc6s_v3": MachineGpus("v100", 1),
    "standard_nc12s_v3": MachineGpus("v100", 2),
    "standard_nc24s_v3": MachineGpus("v100", 4),
    "standard_nc24rs_v3": MachineGpus("v100", 4),
}


def azure_size(size: str) -> MachineGpus | None:
    """Return the GPUs of an Azure size (`Standard_NC24ads_A100_v4`), whatever its case; None where it has none."""
    return _SIZES.get(size.casefold())
