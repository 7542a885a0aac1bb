"""What the stack is called, by which its objects in clusters say whose they are."""

from __future__ import annotations

import pulumi


def stack_name() -> str:
    """Return the stack's full name: organization, project and stack. Of a file backend the organization is a word."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
