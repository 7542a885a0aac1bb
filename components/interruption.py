"""How the program ends when the engine, or a person at the terminal, interrupts it."""

from __future__ import annotations

import signal


def end_silently_when_interrupted() -> None:
    """End at once at SIGINT, as a program does that does not catch it; Python would print where it just was.

    The engine interrupts the program wherever it is as soon as anything else fails, such as a plugin that is not
    there; what failed is then all that is to be said. The program holds nothing that would have to be put in order.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
