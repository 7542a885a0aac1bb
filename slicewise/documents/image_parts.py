"""Which part of an image's reference is wrong, and what is right there: by the grammar of distribution/reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from slicewise.diagnostics import counted, quoted

DIGITS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""How many hexadecimal digits a digest has, by its algorithm (github.com/opencontainers/go-digest)."""
LONGEST_PATH: Final = 255
"""The most characters of a name without its registry (distribution/reference, RepositoryNameTotalLengthMax)."""
LONGEST_TAG: Final = 128
HOST_PART: Final = "[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?"
IPV6: Final = r"\[[a-fA-F0-9:]+\]"
NAME_PART: Final = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
TAG: Final = f"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{LONGEST_TAG - 1}}}"
# With more wrong parts than these the text was not meant as a reference.
_MOST_SAID: Final = 3
_SCHEME: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
_HEX: Final = "0123456789abcdef"
_DOCKER_HUB: Final = ("docker.io", "index.docker.io")
_SEPARATORS: Final = "one ., one _, two _, or any number of -"


def wrong_parts(image: str) -> str:
    """Say which parts of `image` are wrong, from left to right, and what is right there; empty where none is."""
    return "; ".join(islice(_problems(image), _MOST_SAID))


def split_image(image: str) -> tuple[str, str | None, str | None]:
    """Return name, tag and digest of `image`, right or wrong; None for what it does not have."""
    rest, at, digest = image.partition("@")
    before, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    return f"{before}{slash}{last}", tag if colon else None, digest if at else None


def repository_path(name: str) -> str:
    """Return `name` without its registry, as containerd knows it: on Docker Hub, `x` is library/x."""
    first, slash, rest = name.partition("/")
    domain = first if slash and _may_be_domain(first) else _DOCKER_HUB[0]
    path = rest if slash and domain == first else name
    return f"library/{path}" if domain in _DOCKER_HUB and "/" not in path else path


def _problems(image: str) -> Iterator[str]:
    if scheme := _SCHEME.match(image):
        yield f"{quoted(scheme[0])} does not belong to an image"
    name, tag, digest = split_image(image[scheme.end() :] if scheme else image)
    yield from _name_problems(name)
    if tag is not None:
        yield from _tag_problems(tag)
    if digest is not None:
        yield from _digest_problems(digest)


def _name_problems(name: str) -> Iterator[str]:
    if not name:
        yield "the name is missing"
        return
    first, slash, rest = name.partition("/")
    if slash and _may_be_domain(first) and not re.fullmatch(NAME_PART, first):
        yield from _domain_problems(first)
        parts = rest.split("/")
    else:
        parts = name.split("/")
    for part in parts:
        yield from _path_problems(part)


def _may_be_domain(first: str) -> bool:
    """Return whether the part before the first slash is taken for a registry (distribution/reference, normalize.go)."""
    return first == "localhost" or any(each in first for each in ".:[") or first != first.lower()


def _domain_problems(domain: str) -> Iterator[str]:
    if domain.startswith("["):
        host, bracket, port = domain.partition("]")
        if not re.fullmatch(IPV6, host + bracket):
            yield (
                f"the registry {quoted(host + bracket)} is not an IPv6 address in brackets, for example "
                '"[2001:db8::1]:5000"'
            )
        if port and not port.startswith(":"):
            yield f"{quoted(port)} follows the registry's address; only a colon and a port may"
        colon, port = port[:1], port[1:]
    else:
        host, colon, port = domain.partition(":")
        yield from _host_problems(host)
    if colon and not re.fullmatch("[0-9]+", port):
        problem = f"the registry's port {quoted(port)} is not a number" if port else "the registry's port is missing"
        yield f"{problem}; write it in digits, for example 5000, or leave the colon out"


def _host_problems(host: str) -> Iterator[str]:
    for part in host.split("."):
        if re.fullmatch(HOST_PART, part):
            continue
        registry = f"the registry {quoted(host)}"
        if not part:
            yield f"{registry} has an empty part; write one dot between two parts, and none at its ends"
        elif wrong := _others(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"):
            yield f"{registry} has {quoted(wrong)}; a registry has letters, digits, - and ."
        else:
            yield f"{quoted(part)} in {registry} begins or ends with -; write a letter or digit there"


def _path_problems(part: str) -> Iterator[str]:
    if re.fullmatch(NAME_PART, part):
        return
    if not part:
        yield "the name has an empty part; write one slash between two parts, and none at its ends"
    elif wrong := _others(part.lower(), "abcdefghijklmnopqrstuvwxyz0123456789._-"):
        yield f"{quoted(part)} in the name has {quoted(wrong)}; a name has lower-case letters, digits, ., _ and -"
    elif part != part.lower():
        yield f"{quoted(part)} in the name has capitals; a name is in lower case"
    elif part[0] in "._-":
        yield f"{quoted(part)} in the name begins with {part[0]}; each part begins and ends with a letter or digit"
    elif part[-1] in "._-":
        yield f"{quoted(part)} in the name ends with {part[-1]}; each part begins and ends with a letter or digit"
    else:
        separators = re.findall("[._-]+", part)
        wrong = next(each for each in separators if not re.fullmatch("[._]|__|-+", each))
        yield f"{quoted(part)} in the name has {quoted(wrong)}; between letters or digits there may be {_SEPARATORS}"


def _tag_problems(tag: str) -> Iterator[str]:
    if re.fullmatch(TAG, tag):
        return
    if not tag:
        yield "the tag after the colon is missing; write one, or leave the colon out"
    elif tag.partition(":")[0].lower() in DIGITS:
        yield f"{quoted(tag)} is a digest, which is written after @, not after a colon"
    elif wrong := _others(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"):
        yield f"the tag {quoted(tag)} has {quoted(wrong)}; a tag has letters, digits, _, . and -"
    elif tag[0] in ".-":
        yield f"the tag {quoted(tag)} begins with {tag[0]}; a tag begins with a letter, a digit or _"
    else:
        yield f"the tag has {len(tag)} characters; a tag has at most {LONGEST_TAG}"


def _digest_problems(digest: str) -> Iterator[str]:
    if not digest:
        yield "the digest after @ is missing; write one, or leave the @ out"
        return
    algorithm, colon, value = digest.partition(":")
    if not colon:
        yield f"the digest {quoted(digest)} does not say its algorithm; write sha256: and 64 hexadecimal digits"
    elif algorithm not in DIGITS:
        yield f"the digest's algorithm {quoted(algorithm)} is not known; it may be sha256, sha384 or sha512"
    elif wrong := _others(value.lower(), _HEX):
        yield f"the digest has {quoted(wrong)}; its hexadecimal digits are 0 to 9 and a to f"
    elif len(value) != DIGITS[algorithm]:
        yield f"the digest has {counted(len(value), 'hexadecimal digit')}; {algorithm} has {DIGITS[algorithm]}"
    elif value != value.lower():
        yield "the digest has capitals; its hexadecimal digits are 0 to 9 and a to f"


def _others(text: str, allowed: str) -> str:
    """Return the first character of `text` that is not among those allowed."""
    return next((each for each in text if each not in allowed), "")
