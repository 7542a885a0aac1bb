"""What was meant by text that looks like a quantity and is not one: `40GB`, `40 Gi`, `500 m`, `1e3Gi`, `4 cores`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_LONGEST: Final = 40
_NUMBER: Final = r"\+?([0-9][0-9_]*(?:,[0-9]{3})*(?:[.,][0-9]+)?)"
_IN_BYTES: Final = re.compile(rf"{_NUMBER}(?:e([0-9]))?\s*([KMGTPE])(i?)(b|bytes?)?", re.IGNORECASE)
_SPACED: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE])?")
_CORES: Final = re.compile(rf"{_NUMBER}\s*(?:c|cores?|v?cpus?)", re.IGNORECASE)
_BYTES: Final = re.compile(rf"{_NUMBER}\s*(?:b|bytes?)", re.IGNORECASE)


def proposal(text: str) -> str:
    """Return what to write instead of `text`, which is not a quantity."""
    text = text.strip() if len(text) <= _LONGEST else ""
    if bytes_match := _IN_BYTES.fullmatch(text):
        number, letter = _plain(bytes_match[1], bytes_match[2]), bytes_match[3].upper()
        binary = f"{number}{letter}i (powers of 1024)"
        if bytes_match[3] == "m" and not bytes_match[4] and not bytes_match[5]:
            return f"{number}m (thousandths) or {binary}"
        decimal = f"{number}{'k' if letter == 'K' else letter} (powers of 1000)"
        return binary if bytes_match[4] or not bytes_match[5] else f"{binary} or {decimal}"
    if match := _CORES.fullmatch(text) or _BYTES.fullmatch(text):
        return _plain(match[1], None)
    if _SPACED.fullmatch(joined := re.sub(r"[\s_]", "", text)):
        return joined
    return "for example 40Gi, 500m or 4"


def _plain(number: str, exponent: str | None) -> str:
    """Write a number without separators, with a point, and with its exponent worked out."""
    number = re.sub(r",(?=[0-9]{3}(?:[,.]|$))", "", number.replace("_", "")).replace(",", ".")
    return f"{Decimal(number).scaleb(int(exponent)):f}" if exponent else number
