"""Why an expression has no value."""

from __future__ import annotations


class CelError(Exception):
    """Evaluation ends with an error, as in kube-scheduler: a key is not there, or types do not go together."""


class NotUnderstoodError(Exception):
    """The expression has something of CEL that is not evaluated here."""
