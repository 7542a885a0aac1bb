"""What was meant by names that are not ones: repositories, number formats, profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from slicewise.documents.base import DNS_SUBDOMAIN
from slicewise.documents.reading.names_meant import name_meant
from tests.unit.documents.documents import mig, minimal, pools
from tests.unit.documents.fields import MODEL, PRECISIONS

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("https://huggingface.co/google/gemma-3-27b-it", "google/gemma-3-27b-it"),
        ("https://huggingface.co/google/gemma-3-27b-it/tree/main", "google/gemma-3-27b-it"),
        ("hf://google/gemma-3-27b-it:main", "google/gemma-3-27b-it"),
        ("https://example.com/google/gemma", None),
    ],
)
def test_the_repository_of_an_address(loader: Loader, written: str, proposed: str | None) -> None:
    (line,) = loader.refuse(minimal(MODEL, ("spec", "huggingFace", "repo"), written))
    expected = "expected a Hugging Face repository: owner/name, of letters, digits, -, _ and ."
    hint = f'; write "{proposed}"' if proposed else ""
    assert line.endswith(f'got "{written}", {expected}{hint} [SW203]')


@pytest.mark.parametrize(
    ("written", "meant"),
    [("float16", "fp16"), ("half", "fp16"), ("bfloat16", "bf16"), ("e4m3", "fp8"), ("E5M2", "fp8"), ("FP8", "fp8")],
)
def test_other_names_of_number_formats(loader: Loader, written: str, meant: str) -> None:
    (line,) = loader.refuse(pools({"capabilities": {"memoryPerGpu": "79Gi", "precisionSupport": [written]}}))
    assert line.endswith(f'; did you mean "{meant}"? [SW203]')


@pytest.mark.parametrize("written", ["fp64", "int16", "fp6"])
def test_no_number_format_is_proposed_of_another_width(loader: Loader, written: str) -> None:
    (line,) = loader.refuse(pools({"capabilities": {"memoryPerGpu": "79Gi", "precisionSupport": [written]}}))
    assert line.endswith(f'got "{written}", expected {PRECISIONS} [SW203]')


@pytest.mark.parametrize(
    ("gpu", "written", "meant"),
    [
        ("h100-80gb", "1g.5gb", "1g.10gb"),
        ("a100-40gb", "3g.40gb", "3g.20gb"),
        ("h100-80gb", "1g.20g", "1g.20gb"),
        ("h200", "3g.40gb", "3g.71gb"),
        ("h100-80gb", "mig-1g.24gb", "1g.20gb"),
        ("h100-80gb", "1g.12gb+me", "1g.10gb+me"),
    ],
)
def test_the_profile_that_is_proposed_has_as_many_compute_slices(
    loader: Loader, gpu: str, written: str, meant: str
) -> None:
    (line,) = loader.refuse(pools({"acceleratorType": gpu, "capabilities": mig(written, "4Gi")}))
    assert line.endswith(f'; did you mean "{meant}"? [SW204]')


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://east.example.com", 'write "east.example.com"'),
        ("https://East.example.com:8443/v1", 'write "east.example.com"'),
        ("east.example.com:8443", 'write "east.example.com"'),
        ("east.example.com/v1", 'write "east.example.com"'),
        ("east.example.com:8443/v1?key=1", 'write "east.example.com"'),
        ("http://10.0.0.7:8080", 'write "10.0.0.7"'),
        ("https://reader@east.example.com", 'write "east.example.com"'),
        ("https://east.example.com?key=1", 'write "east.example.com"'),
        ("https://[2001:db8::1]:8443", ""),
        ("*.example.com", ""),
        ("2001:db8::1", ""),
        ("Qwen2.5_7B", 'write "qwen2.5-7b"'),
    ],
)
def test_of_an_address_the_host_is_meant(written: str, meant: str) -> None:
    assert name_meant(written, DNS_SUBDOMAIN) == ("", meant)
