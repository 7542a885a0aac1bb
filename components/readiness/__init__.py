"""Waiting until what was applied serves.

`wait_in` waits for the placements of one environment, `finish` says what did not become ready;
`slicewise.clusters.readiness` judges each service by its pods.
"""

from .waiting import Patience, Wait, finish, wait_in

__all__ = ["Patience", "Wait", "finish", "wait_in"]
