"""Secrets are referred to, never written into a pod: the state, the cluster and its logs would all have them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

from policies.rules.reading import Field, Pod, makes_pods, pod_requests, pods
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked
from slicewise.sources import HUGGING_FACE, is_harmless, issued_token, names_secret

# A flag, and its value: in the same word or the next, which may be another flag.
_FLAG: Final = re.compile(r"(--[A-Za-z][\w.-]*)['\"]?(?:=['\"]?([^\s'\"]+)|\s+['\"]?([^\s'\"-][^\s'\"]*))")
_PIECE: Final = re.compile(r"[A-Za-z0-9]{20,}")
_HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# A commit and a SHA-256: random by nature, and public.
_DIGEST_LENGTHS: Final = (40, 64)
_HEX_SECRET_LENGTH: Final = 32
# Bits a character: 20 random letters and digits have some 4.0, words and camel case with digits stay below.
_ENTROPY: Final = 3.7
_DIGITS: Final = 3
_REMEDY: Final = "keep it in a Secret and refer to it with valueFrom.secretKeyRef"
_REMEDY_IN_WORDS: Final = "keep it in a Secret, read that into env with valueFrom.secretKeyRef, and write $(NAME) here"
# A document has no env: the weights are fetched with the Secret that it names.
_REMEDY_OF_WEIGHTS: Final = f"{_REMEDY_IN_WORDS} (in a document of Slicewise: name the Secret in huggingFace.secretRef)"


def _check(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_of_pod, config=config))


def _of_pod(pod: Pod, *, config: Config) -> Iterator[Outcome]:
    if pod.by_kserve or pod_requests(pod):
        yield from each(pod.containers, partial(_of_container, config=config))


def _of_container(container: Field, *, config: Config) -> Iterator[Outcome]:
    yield from each(container["env"].elements(), partial(_of_variable, config=config))
    yield from each([container["command"], container["args"]], partial(_of_words, config=config))


def _of_variable(variable: Field, *, config: Config) -> Iterator[Outcome]:
    name = variable["name"].text() or ""
    if name in config.get("allowedEnv", ()):
        return
    value = variable["value"]
    what = _kind(value.text() or "", config)
    if what is None and names_secret(name) and not is_harmless(value.text() or "", in_shell=False):
        what = "a secret, by the name of the variable"
    if what:
        yield Finding(value.path, f"the value of {name} looks like {what}", _REMEDY)


def _of_words(words: Field, *, config: Config) -> Iterator[Outcome]:
    elements = words.elements()
    known = [word for word in elements if word.known]
    for word in known:
        what = _kind(word.text() or "", config)
        if what:
            remedy = _REMEDY_OF_WEIGHTS if what == HUGGING_FACE else _REMEDY_IN_WORDS
            yield Finding(word.path, f"looks as if it has {what}", remedy)
    # Flag and value may be two words.
    for flag, same_word, next_word in _FLAG.findall(" ".join(word.text() or "" for word in known)):
        value = same_word or next_word
        if names_secret(flag) and not is_harmless(value, in_shell=True) and not _kind(value, config):
            yield Finding(words.path, f"{flag} has its secret in plain text", _REMEDY_IN_WORDS)
    for word in elements:
        if not word.known:
            yield Unchecked(word.path)


def _kind(text: str, config: Config) -> str | None:
    """Return what kind of secret `text` seems to hold. Nothing of `text` may get into a message."""
    if kind := issued_token(text):
        return kind
    if any(re.search(pattern, text) for pattern in config.get("patterns", ())):
        return "a secret, by a configured pattern"
    if config.get("entropy", True) and any(_is_random(piece) for piece in _PIECE.findall(text)):
        return "a random key"
    return None


def _is_random(piece: str) -> bool:
    if _HEX.fullmatch(piece):
        return len(piece) >= _HEX_SECRET_LENGTH and len(piece) not in _DIGEST_LENGTHS and not piece.isdigit()
    digits = sum(character.isdigit() for character in piece)
    mixed = digits >= _DIGITS and piece.lower() != piece and piece.upper() != piece
    return mixed and _entropy(piece) >= _ENTROPY


def _entropy(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


NO_SECRET_VALUES: Final = ResourceRule(
    name="no-secret-values",
    description="No secret is written in env, args or command; these refer to Secrets.",
    remedy="Keep the value in a Secret, refer to it with valueFrom.secretKeyRef, and revoke the exposed value.",
    severity=PolicySeverity.CRITICAL,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check,
    config={
        "entropy": {
            "type": "boolean",
            "default": True,
            "description": "Whether random-looking text counts as a secret.",
        },
        "patterns": {
            "type": "array",
            "items": {"type": "string", "format": "regex"},
            "description": "Regular expressions for the organisation's own secrets.",
        },
        "allowedEnv": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Names of environment variables that may have any value.",
        },
    },
)
