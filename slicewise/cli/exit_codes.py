"""With which codes commands end, beside 0 and what the shell has; README.md lists them."""

from __future__ import annotations

from typing import Final

INVALID: Final = 2
"""The input cannot be used: documents, options, a kubeconfig, an earlier plan. (Typer's code for usage, too.)"""
SHORTFALL: Final = 3
"""Some deployments get fewer environments than they ask for."""
DIFFERENT: Final = 4
"""The clusters differ from what is declared: the plan cannot run, or does not."""
MOVES: Final = 5
"""What runs would move, and nobody has said that it may."""
