"""Waiting until what was applied serves.

`wait_in` waits for the placements of one environment (an `Expected` for each service), and `finish` says what did not
become ready; `pods.py` judges one service by its pods.
"""

from .pods import Expected
from .waiting import Patience, Wait, finish, wait_in

__all__ = ["Expected", "Patience", "Wait", "finish", "wait_in"]
