"""What the kubelet makes of a container's `command` and `args` before it starts it.

An independent reading of k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go, byte by byte as Go has it.
"""

from __future__ import annotations

from collections.abc import Mapping

_DOLLAR, _OPEN, _CLOSE = b"$()"


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` with each $(NAME) of `variables` replaced, the others left, and $$ as one dollar."""
    given, made, at = text.encode(), bytearray(), 0
    while at < len(given):
        if given[at] != _DOLLAR or at + 1 == len(given):
            made.append(given[at])
            at += 1
        elif given[at + 1] == _DOLLAR:
            made.append(_DOLLAR)
            at += 2
        elif given[at + 1] == _OPEN:
            end = given.find(b")", at)
            name = given[at + 2 : end].decode(errors="surrogateescape") if end >= 0 else None
            whole = given[at : end + 1] if end >= 0 else b"$("
            made += variables[name].encode() if name is not None and name in variables else whole
            at += len(whole)
        else:
            # Go's string(input[0]) makes a character of one byte, so that what is not ASCII is garbled after a dollar.
            made += b"$" + chr(given[at + 1]).encode()
            at += 2
    return made.decode(errors="surrogateescape")
