"""What becomes of environments that left the documents, and of those that are skipped.

`settle_deletions` decides it and refuses what would delete another stack's services; `declare_all_untouched` declares
again, as it is, what stays, and `tell_departures` says what leaves.
"""

from .deletions import settle_deletions
from .departures import Departures, tell_departures
from .untouched import declare_all_untouched, declare_placement_untouched, declare_untouched

__all__ = [
    "Departures",
    "declare_all_untouched",
    "declare_placement_untouched",
    "declare_untouched",
    "settle_deletions",
    "tell_departures",
]
