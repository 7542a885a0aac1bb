"""Secrets that can be told by their text: tokens that issuers give a form of their own, private keys, URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

HUGGING_FACE: Final = "a Hugging Face token"
# What issuers print on their tokens (their own documentation and the public rules of secret scanners).
_TOKENS: Final[Mapping[str, re.Pattern[str]]] = {
    HUGGING_FACE: re.compile(r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a Google API key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}"),
    "an NVIDIA API key": re.compile(r"\bnvapi-[A-Za-z0-9_-]{20,}"),
    "an OpenAI-style key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    # The user may be missing, and the password a reference; a tag before a digest is not one.
    "a password in a URL": re.compile(
        r"://[^/\s:@]*:(?!(?:\$?\$\(\w+\)|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*|\*+|<[^<>@]*>)+@)[^/\s@]+@(?!sha256:)"
    ),
}


def issued_token(text: str) -> str | None:
    """Return what kind of secret `text` has in it, if any that can be told; nothing of `text` may be repeated."""
    return next((kind for kind, pattern in _TOKENS.items() if pattern.search(text)), None)
