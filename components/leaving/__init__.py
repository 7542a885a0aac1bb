"""What becomes of environments that left the documents, and of those that are skipped.

`settle_deletions` decides it and refuses what would delete another stack's services; `declare_all_untouched` declares
again, as it is, what stays.
"""
