"""What becomes of environments that left the documents, and of those that are skipped."""
