"""What a plan warns of."""

from __future__ import annotations

from tests.documents import Document, plan_of


def warned(*documents: Document) -> list[tuple[str, str, str]]:
    """Return code, path and message of each warning but SW332, of which test_required_memory.py is."""
    found = plan_of(documents)["warnings"]
    return [(item["code"], item["path"], item["message"]) for item in found if item["code"] != "SW332"]
