"""Public startup logs of vLLM: what it printed of memory, for which model, with which arguments.

`logs.csv` has one start a row, with its source; most are those of llm-d-planner's accuracy runs of vLLM 0.19.0. Empty
cells are what a log does not say. `configs.json` has of each model's config.json the fields that memory goes by.
"""

from bench.startup_logs.logs import StartupLog, all_logs, published_configs

__all__ = ["StartupLog", "all_logs", "published_configs"]
