"""The well-known models of docs/sizing.md, and its table: what `slicewise size` says of each on common slices.

Most have their config in `bench/startup_logs`, where it is compared with what vLLM printed. `configs.json` has the
fields that memory goes by of the others, as PyPI's aiconfigurator-core 0.12.0 has them in its model_configs.
"""

from bench.known_models.size_table import KNOWN_MODELS, size_table

__all__ = ["KNOWN_MODELS", "size_table"]
