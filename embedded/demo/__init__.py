"""`make demo`: the demo stack in embedded clusters, with fake nodes and everything else real."""
