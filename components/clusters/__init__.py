"""Clusters, asked and compared before anything is declared."""
