"""Public startup logs of vLLM: what it printed of memory, for which model, with which arguments.

`logs.csv` has one start a row, with its source; most are those of llm-d-planner's accuracy runs of vLLM 0.19.0. Empty
cells are what a log does not say. `configs.json` has of each model's config.json the fields that memory goes by. Those
of Llama 3.1, Mixtral 8x7B, Qwen3 0.6B, 8B and 30B-A3B are the same in PyPI's aiconfigurator-core 0.12.0 (Llama 3.3 and
quantised ones have the shapes of Llama 3.1), and Gemma 3 4B's in a copy of its config.json that a public repository
quotes; the others are compared with the logs by their weights and caches.

`hold_out.csv` has other models and versions of vLLM: each row was found, computed and only then compared. Their configs
are aiconfigurator-core's, but for the GLM and the Qwen 2.5 (by the numbers that they are published with) and Qwen3.5 9B
(a copy in a public repository); of Qwen3 30B-A3B in NVFP4 and Qwen3 8B in FP8 the quantisation was added to the config
of the plain model. GPUs whose memory is the host's have no size there: what other programs take is in the rest, too.
"""

from bench.startup_logs.logs import StartupLog, all_logs, hold_out_logs, published_configs

__all__ = ["StartupLog", "all_logs", "hold_out_logs", "published_configs"]
