"""Waiting until what was applied serves.

`waiting.wait_in` waits for the placements of one environment, and `waiting.finish` says what did not become ready;
`pods.py` judges one service by its pods.
"""
