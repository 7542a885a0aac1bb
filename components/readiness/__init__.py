"""Waiting until what was applied serves.

`wait_in` waits for the placements of one environment (an `ExpectedService` for a service), `finish` says what did not
become ready; `pods.py` judges one service by its pods.
"""

from .pods import ExpectedService
from .waiting import Patience, Wait, finish, wait_in

__all__ = ["ExpectedService", "Patience", "Wait", "finish", "wait_in"]
