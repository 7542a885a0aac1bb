"""Attacks on what Slicewise promises of reliability and security, on the real engine and a real API server.

`python -m tests.engine.attacks` runs all of `table.py` and prints which were survived.
"""
