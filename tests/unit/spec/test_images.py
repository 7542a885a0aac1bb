"""Images are what the kubelet takes: cases of github.com/distribution/reference's own tests, and of ours."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from slicewise.spec.image import Image
from tests.unit.spec.documents import minimal
from tests.unit.spec.loader import Loader

HEX = "f" * 64
RIGHT = [
    *("test_com", "test.com:tag", "test.com:5000", "test.com/repo:tag", "test:5000/repo", "test:5000/repo:tag"),
    *(f"test:5000/repo@sha256:{HEX}", f"test:5000/repo:tag@sha256:{HEX}", "lowercase:Uppercase"),
    *("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com/bar/baz/quux:some-long-tag", "foo_bar.com:8080"),
    *("b.gcr.io/test.example.com/my-app:test.example.com", "xn--n3h.com/myimage:xn--n3h.com", "foo/foo_bar.com:8080"),
    *("[2001:db8::1]:5000/repo", "192.168.1.1:5000/repo", "a/" * 127 + "a:tag-puts-this-over-max"),
    *("vllm/vllm-openai:v0.9.0", "ghcr.io/llm-d/llm-d-cuda:v0.8.0", "x", f"x:{'t' * 128}"),
]
WRONG = [
    *("", ":justtag", f"@sha256:{HEX}", "repo@sha256:ffffffffffffffffffffffffffffffffff", "Uppercase:tag"),
    *(f"validname@invalidDigest:{HEX}", "test:5000/Uppercase/lowercase:tag", "aa/asdf$$^/aa", "a/" * 128 + "a:tag"),
    *("-foo/bar", "foo/bar-", "foo-/bar", "foo/-bar", "foo__/bar", "foo//bar", "_foo/bar", "foo/bar:", "x:", "A/B:c"),
    *("@@@", "reg/x@sha256:zz", "-", "é", HEX, f"x:{'t' * 129}", "x\n", " x", "x y", "{{x}}", "evil\x1b]0;PWNED\x07"),
    *("x:5000/", "http://ghcr.io/x", f"x@md5:{'f' * 32}", f"x@sha256:{'F' * 64}", "a\u202eb"),
]


@pytest.mark.parametrize("image", RIGHT)
def test_what_a_kubelet_takes(image: str) -> None:
    assert TypeAdapter(Image).validate_python(image) == image


@pytest.mark.parametrize("image", WRONG)
def test_what_ends_in_invalid_image_name_is_refused(image: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Image).validate_python(image)


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("https://ghcr.io/llm-d/x:v1", '; write "ghcr.io/llm-d/x:v1"'),
        ("docker://vllm/vllm-openai", '; write "vllm/vllm-openai"'),
        ("Vllm/vLLM-OpenAI:V0.9", '; write "vllm/vllm-openai:V0.9"'),
        ("GHCR.io:5000/LLM/x", '; write "ghcr.io:5000/llm/x"'),
        (" x:1 ", '; write "x:1"'),
        ("x:", ", with NAME in lower case"),
        (HEX, ", expected an image by its name, not by its id alone"),
        ("a/" * 128 + "a", ", expected an image with a name of at most 255 characters, not 257"),
    ],
)
def test_the_remedy_is_an_image(loader: Loader, written: str, remedy: str) -> None:
    path = ("spec", "serving", 0, "engine", "image")
    (line,) = loader.refuse(minimal("ClusterModel", path, written))
    assert line.endswith(f"{remedy} [SW203]")
    if "write" in remedy:
        loader.load(minimal("ClusterModel", path, remedy.split('"')[1]))
