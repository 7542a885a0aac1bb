"""A request to a model, as people type it."""

from __future__ import annotations

import json
import shlex
from typing import Final

_QUESTION: Final = "Hello"


def curl_line(base: str, model: str) -> str:
    """Return the command that asks a model something.

    Args:
        base: The address before `/v1`.
        model: The model's name in requests.
    """
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": _QUESTION}]})
    return (
        f"curl {shlex.quote(f'{base}/v1/chat/completions')} --header 'Content-Type: application/json' "
        f"--data {shlex.quote(body)}"
    )
