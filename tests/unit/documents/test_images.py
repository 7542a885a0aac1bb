"""Images are what the kubelet takes: cases of github.com/distribution/reference's own tests, and of ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from slicewise.documents.image import IMAGE, Image
from slicewise.documents.image_parts import wrong_parts
from tests.unit.documents.documents import minimal
from tests.unit.documents.loader import Loader

HEX = "f" * 64
RIGHT = [
    *("test_com", "test.com:tag", "test.com:5000", "test.com/repo:tag", "test:5000/repo", "test:5000/repo:tag"),
    *(f"test:5000/repo@sha256:{HEX}", f"test:5000/repo:tag@sha256:{HEX}", "lowercase:Uppercase"),
    *("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com/bar/baz/quux:some-long-tag", "foo_bar.com:8080"),
    *("b.gcr.io/test.example.com/my-app:test.example.com", "xn--n3h.com/myimage:xn--n3h.com", "foo/foo_bar.com:8080"),
    *("[2001:db8::1]:5000/repo", "192.168.1.1:5000/repo", "a/" * 127 + "a:tag-puts-this-over-max"),
    *(f"{HEX}:tag", f"{HEX}@sha256:{HEX}", "a" * 247, f"registry.example.com:5000/{'a/' * 127}a"),
    f"registry.example.com/{'a/' * 127}a:{'t' * 128}@sha512:{'0' * 128}",
    *("vllm/vllm-openai:v0.9.0", "ghcr.io/llm-d/llm-d-cuda:v0.8.0", "x", f"x:{'t' * 128}"),
]
WRONG = [
    *("", ":justtag", f"@sha256:{HEX}", "repo@sha256:ffffffffffffffffffffffffffffffffff", "Uppercase:tag"),
    *(f"validname@invalidDigest:{HEX}", "test:5000/Uppercase/lowercase:tag", "aa/asdf$$^/aa", "a/" * 128 + "a:tag"),
    *("-foo/bar", "foo/bar-", "foo-/bar", "foo/-bar", "foo__/bar", "foo//bar", "_foo/bar", "foo/bar:", "x:", "A/B:c"),
    *("@@@", "reg/x@sha256:zz", "-", "é", HEX, f"x:{'t' * 129}", "x\n", " x", "x y", "{{x}}", "evil\x1b]0;PWNED\x07"),
    *("a" * 248, f"docker.io/{'a' * 248}", "x..y", "x___y", "x._y", "x:1:2", "x:.a", "reg.io:/x", "reg.io:abc/x"),
    *("x:5000/", "http://ghcr.io/x", f"x@md5:{'f' * 32}", f"x@sha256:{'F' * 64}", "a\u202eb"),
]


@pytest.mark.parametrize("image", RIGHT)
def test_what_a_kubelet_takes(image: str) -> None:
    assert TypeAdapter(Image).validate_python(image) == image


@pytest.mark.parametrize("image", WRONG)
def test_what_ends_in_invalid_image_name_is_refused(image: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Image).validate_python(image)


# Every part of the grammar (distribution/reference, reference.go) with what may be wrong there.
NAMED = [
    ("", "the name is missing"),
    (":v1", "the name is missing"),
    ("reg-.io:5000/x", '"reg-" in the registry "reg-.io" begins or ends with -'),
    ("-reg.io/x", '"-reg" in the registry "-reg.io" begins or ends with -'),
    ("reg..io:5000/x", 'the registry "reg..io" has an empty part'),
    ("a b.io/x", 'the registry "a b.io" has " "; a registry has letters, digits, - and .'),
    ("reg_a-.io:80/x", 'the registry "reg_a-.io" has "_"; a registry has letters'),
    ("[::1/x", 'the registry "[::1" is not an IPv6 address in brackets, for example "[2001:db8::1]:5000"'),
    ("[g::1]:80/x", 'the registry "[g::1]" is not an IPv6 address'),
    ("[::1]80/x", '"80" follows the registry\'s address; only a colon and a port may'),
    ("reg.io:http/x", 'the registry\'s port "http" is not a number; write it in digits, for example 5000'),
    ("reg.io:/x", "the registry's port is missing; write it in digits"),
    ("reg.io//x", "the name has an empty part; write one slash between two parts"),
    ("x/", "the name has an empty part"),
    ("reg.io/_x", '"_x" in the name begins with _; each part begins and ends with a letter or digit'),
    ("x/y_", '"y_" in the name ends with _; each part begins and ends with a letter or digit'),
    ("-x", '"-x" in the name begins with -'),
    ("x/y.", '"y." in the name ends with .'),
    (
        "x..y",
        '"x..y" in the name has ".."; between letters or digits there may be one ., one _, two _, or any number of -',
    ),
    ("x___y", '"x___y" in the name has "___"'),
    ("x-_y", '"x-_y" in the name has "-_"'),
    ("x/y z", '"y z" in the name has " "; a name has lower-case letters, digits, ., _ and -'),
    ("x\x1by", '"x\\u001by" in the name has "\\u001b"'),
    ("reg.io/Team/x", '"Team" in the name has capitals; a name is in lower case; write "reg.io/team/x"'),
    ("x:", 'the tag after the colon is missing; write one, or leave the colon out; write "x"'),
    ("x:v1:v2", 'the tag "v1:v2" has ":"; a tag has letters, digits, _, . and -'),
    ("x:.v1", 'the tag ".v1" begins with .; a tag begins with a letter, a digit or _'),
    ("x:-v1", 'the tag "-v1" begins with -'),
    (f"x:{'t' * 129}", "the tag has 129 characters; a tag has at most 128"),
    (f"x:sha256:{HEX}", f'is a digest, which is written after @, not after a colon; write "x@sha256:{HEX}"'),
    ("x@", 'the digest after @ is missing; write one, or leave the @ out; write "x"'),
    (f"x@{HEX}", f'does not say its algorithm; write sha256: and 64 hexadecimal digits; write "x@sha256:{HEX}"'),
    ("x@sha1:0123", 'the digest\'s algorithm "sha1" is not known; it may be sha256, sha384 or sha512'),
    (
        f"x@SHA256:{HEX}",
        f'the digest\'s algorithm "SHA256" is not known; it may be sha256, sha384 or sha512; write "x@sha256:{HEX}"',
    ),
    ("x@sha256:0", "the digest has 1 hexadecimal digit; sha256 has 64"),
    (f"x@sha384:{HEX}", "the digest has 64 hexadecimal digits; sha384 has 96"),
    (f"x@sha512:{HEX}", "the digest has 64 hexadecimal digits; sha512 has 128"),
    (f"x@sha256:{'g' * 64}", 'the digest has "g"; its hexadecimal digits are 0 to 9 and a to f'),
    (
        f"x@sha256:{'F' * 64}",
        f'the digest has capitals; its hexadecimal digits are 0 to 9 and a to f; write "x@sha256:{HEX}"',
    ),
    ("reg.io:a/_x:.t@md5:0", 'port "a" is not a number'),
    ("reg.io:a/_x:.t@md5:0", '"_x" in the name begins with _'),
    ("reg.io:a/_x:.t@md5:0", 'the tag ".t" begins with .'),
    ("https://ghcr.io/llm-d/x:v1", '"https://" does not belong to an image; write "ghcr.io/llm-d/x:v1"'),
    ("docker://vllm/vllm-openai", '"docker://" does not belong to an image; write "vllm/vllm-openai"'),
    ("Vllm/vLLM-OpenAI:V0.9", 'write "vllm/vllm-openai:V0.9"'),
    ("GHCR.io:5000/LLM/x", 'write "ghcr.io:5000/llm/x"'),
    (" x:1 ", 'write "x:1"'),
    (HEX, "expected an image by its name, not by its id alone"),
    ("a/" * 128 + "a", "expected an image with a name of at most 255 characters after its registry, not 257"),
    ("a" * 248, "expected an image with a name of at most 255 characters after its registry, not 256"),
]


@pytest.mark.parametrize(("written", "said"), NAMED)
def test_the_part_that_is_wrong_is_named(loader: Loader, written: str, said: str) -> None:
    path = ("spec", "serving", 0, "engine", "image")
    (line,) = loader.refuse(minimal("ClusterModel", path, written))
    assert said in line
    if remedies := re.findall('write "([^"]*)"', line):
        loader.load(minimal("ClusterModel", path, remedies[-1]))


_PIECES = [
    "x",
    "X",
    "0",
    ".",
    "_",
    "__",
    "-",
    "/",
    ":",
    "@",
    "sha256:",
    "md5:",
    HEX,
    HEX.upper(),
    "reg.io",
    "[::1]",
    " ",
]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join))
@settings(derandomize=True, database=None, max_examples=1000)
def test_a_part_is_named_exactly_where_the_grammar_is_broken(image: str) -> None:
    assert bool(wrong_parts(image)) is not IMAGE.fits(image)
