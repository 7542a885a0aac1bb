"""Rules of labels in a nodeSelector that have a list of values."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.documents.environment import NodePool


def check_listed_labels(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the values of a label of `pool`, which is at `path`, that its list has already: another was meant."""
    for key, said in pool.node_selector.items():
        for number, value in enumerate(() if isinstance(said, str) else said):
            if value in said[:number]:
                message = f"{quoted(value)} is in the list already"
                yield Diagnostic.error(
                    Code.LABEL_VALUE_TWICE,
                    message,
                    "write the value that is meant, or leave it out",
                    field=(*path, "nodeSelector", key, number),
                )
