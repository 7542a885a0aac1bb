"""What sizing computes beside what vLLM printed: weights, key-value cache, the envelope of the rest, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.result_tables import Table
from bench.startup_logs import StartupLog
from slicewise.sizing import EngineMemory, Sizing, engine_memory, size

GIB: Final = 1 << 30
# Logs round GiB to two digits.
_ROUNDING: Final = 0.005 * GIB
# Before 0.21 vLLM logged the tokens of the smallest group.
_OLD_COUNT: Final = (0, 21)


@dataclass(frozen=True)
class Compared:
    """One log and what is computed for it.

    Attributes:
        log: The log.
        memory: What its engine needs.
        sizing: The verdict; None where the unit is not known.
    """

    log: StartupLog
    memory: EngineMemory
    sizing: Sizing | None

    @property
    def weights_error(self) -> float | None:
        """The relative error of the weights; None where the log does not print them."""
        printed = self.log.weights_gib
        return None if printed is None else self.memory.weights / GIB / printed - 1

    @property
    def tokens(self) -> tuple[int, int] | None:
        """The least and the most tokens that the printed GiB of cache hold, as vLLM counts; None where not printed."""
        if self.log.cache_gib is None or self.log.options.max_model_len is None:
            return None
        size_printed = self.log.cache_gib * GIB
        return self._count(size_printed - _ROUNDING), self._count(size_printed + _ROUNDING)

    def _count(self, available: float) -> int:
        length = self.log.options.max_model_len or 1
        cache = self.memory.cache(self.memory.batches_stated())
        version = self.log.version
        groups = cache.grouping.groups
        if version is None or (version.major, version.minor) < _OLD_COUNT:
            return cache.pool(available) // len(groups) * min(group.block for group in groups)
        return int(cache.concurrency(available, length) * length)

    @property
    def rest_inside(self) -> bool | None:
        """Whether the envelope contains what the log leaves; None where either is not known."""
        rest = self.log.rest_gib
        if rest is None or self.sizing is None or self.sizing.overhead is None:
            return None
        low, high = self.sizing.overhead.low - _ROUNDING, self.sizing.overhead.high + _ROUNDING
        return low <= rest * GIB <= high


def compare_logs(logs: Sequence[StartupLog]) -> list[Compared]:
    """Compute each log's engine."""
    return [
        Compared(
            log,
            engine_memory(log.architecture, log.options, log.version),
            size(log.architecture, log.options, log.unit, log.version) if log.unit else None,
        )
        for log in logs
    ]


STARTUP_LOGS: Final = "Startup logs of vLLM, and what is computed"
HELD_OUT_LOGS: Final = "Startup logs that were found, computed and only then compared"


def sizing_table(title: str, rows: Sequence[Compared]) -> Table:
    """Return every log with what was computed for it."""
    columns = ("model", "vLLM, TP", "weights", "computed", "tokens", "computed", "rest", "envelope", "verdict", "vLLM")
    return Table(title, columns, [_row(row) for row in rows])


def _row(row: Compared) -> tuple[str, ...]:
    log, sizing = row.log, row.sizing
    tokens = row.tokens
    envelope = sizing.overhead if sizing else None
    return (
        log.model,
        f"{log.version or '?'}, {log.options.tensor}",
        f"{log.weights_gib:.2f}" if log.weights_gib else "",
        f"{row.memory.weights / GIB:.2f}",
        f"{log.cache_tokens:,}" if log.cache_tokens else "",
        f"{tokens[0]:,} to {tokens[1]:,}" if tokens else "",
        f"{log.rest_gib:.2f}" if log.rest_gib is not None else "",
        f"{envelope.low / GIB:.2f} to {envelope.high / GIB:.2f}" if envelope else "",
        str(sizing.verdict) if sizing else "",
        "starts" if log.starts else "fails",
    )


def sizing_sentences(rows: Sequence[Compared]) -> list[str]:
    """Return the errors and verdicts of all logs in words."""
    errors = [abs(row.weights_error) for row in rows if row.weights_error is not None]
    inside = [row.rest_inside for row in rows if row.rest_inside is not None]
    verdicts = Counter(
        (str(row.sizing.verdict), "starts" if row.log.starts else "fails")
        for row in rows
        if row.sizing and row.log.judged
    )
    judged = ", ".join(f"{count} {verdict} ({result})" for (verdict, result), count in sorted(verdicts.items()))
    verdict = [f"Verdicts of versions that are judged: {judged}."] if judged else []
    envelope = f"The envelope contains the rest of {sum(inside)} of {len(inside)} logs."
    return [
        f"Weights of {len(errors)} logs: mean error {sum(errors) / len(errors):.2%}, worst {max(errors):.2%}.",
        *([envelope] if inside else []),
        *verdict,
    ]
