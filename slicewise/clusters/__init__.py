"""Live clusters: reaching them, reading them into facts, describing them and comparing them with their documents.

Callers import from the packages inside: `access`, `live`, `preflight`, `discover` and `verify`, each of which knows
only those before it.
"""
