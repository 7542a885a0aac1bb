"""What programs see of whole GPUs, by what vLLM and PyTorch print of them."""

from __future__ import annotations

import pytest

from slicewise.mig import ALL_GPU_MODELS, find_gpu_model, programs_see

# GiB as startup logs and out-of-memory errors print CUDA's total, to two digits: the lowest of each.
PRINTED = {"A100-SXM4-40GB": 39.38, "A100-SXM4-80GB": 79.14, "H100-80GB-HBM3": 79.11, "H200": 139.81}


@pytest.mark.parametrize("name", PRINTED)
def test_what_programs_see(name: str) -> None:
    seen = programs_see(find_gpu_model(name).name)
    assert seen is not None
    assert seen / 1024 == pytest.approx(PRINTED[name], abs=0.005)


def test_it_is_known_of_no_other_gpu() -> None:
    known = {each.name for each in ALL_GPU_MODELS if programs_see(each.name)}
    assert known == {find_gpu_model(name).name for name in PRINTED}
