"""Waiting until what was applied serves."""
