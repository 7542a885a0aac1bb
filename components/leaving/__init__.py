"""What becomes of environments that left the documents, and of those that are skipped.

`settle_deletions` decides it and refuses what would delete another stack's services; `declare_all_untouched` declares
again, as it is, what stays, and `tell_departing` says what leaves.
"""

from .deletions import settle_deletions
from .departing import Departing, tell_departing
from .untouched import declare_all_untouched

__all__ = ["Departing", "declare_all_untouched", "settle_deletions", "tell_departing"]
