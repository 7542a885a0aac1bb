"""`size` and `not_judged`: whether a model fits a unit, with its arithmetic and what would help."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from slicewise.diagnostics import Code, Diagnostic
from slicewise.sizing.architecture import Architecture
from slicewise.sizing.checkpoint import checkpoint_differs
from slicewise.sizing.engine_options import EngineOptions
from slicewise.sizing.engines import engine_memory, utilization
from slicewise.sizing.judging import FitJudge
from slicewise.sizing.remedies import NO_OFFER, SureOffer, offer_order, remedies, sure_offer
from slicewise.sizing.results import FitVerdict, Sizing, SizingReason
from slicewise.sizing.units import OfferedUnit, Unit
from slicewise.sizing.vllm_versions import VllmVersion


def size(
    architecture: Architecture,
    options: EngineOptions,
    unit: Unit,
    version: VllmVersion | None,
    checkpoint_bytes: int | None = None,
    offers: Sequence[OfferedUnit] = (),
) -> Sizing:
    """Size a model on a unit.

    Args:
        architecture: The model, from `read_architecture`.
        options: How vLLM is started, from `read_options`.
        unit: The slice or GPU that each rank gets.
        version: vLLM's version; None where it is not known.
        checkpoint_bytes: Bytes of the checkpoint's safetensors files, to check the config by.
        offers: The units that it could get, for remedies.

    Returns:
        The verdict. The first reason is the decisive one, and has remedies that make the model fit for sure.
    """
    judge = FitJudge(engine_memory(architecture, options, version))
    differs = checkpoint_differs(architecture, checkpoint_bytes) if checkpoint_bytes else ""
    return judged_sizing(judge, unit, differs, sure_offer(judge, unit, sorted(offers, key=offer_order)))


def judged_sizing(judge: FitJudge, unit: Unit, differs: str = "", offer: SureOffer = NO_OFFER) -> Sizing:
    """Size an engine on a unit, as `size` does.

    Args:
        judge: Judges the engine.
        unit: The unit.
        differs: How the checkpoint contradicts the config; empty where it does not.
        offer: What it could get instead.
    """
    found = judge.sizing(unit)
    if differs:
        verdict = found.verdict if found.verdict is FitVerdict.NOT_JUDGED else FitVerdict.CANNOT_SAY
        return replace(found, verdict=verdict, reasons=(_contradicted(differs), *found.reasons))
    if not found.reasons:
        return found
    first, *others = found.reasons
    return replace(found, reasons=(_with_ways(first, judge, unit, offer), *others))


def decisive_reason(judge: FitJudge, unit: Unit, differs: str, offer: SureOffer) -> SizingReason | None:
    """Return the first of the reasons that `judged_sizing` gives; None where the engine surely fits."""
    if differs:
        return _contradicted(differs)
    reasons = judge.reasons(unit)
    return _with_ways(reasons[0], judge, unit, offer) if reasons else None


def _contradicted(differs: str) -> SizingReason:
    remedy = "take the config.json that belongs to the checkpoint, with its quantization_config"
    return SizingReason(Code.CHECKPOINT_DIFFERS, differs, remedy)


def _with_ways(reason: SizingReason, judge: FitJudge, unit: Unit, offer: SureOffer) -> SizingReason:
    changes = remedies(judge, unit, offer)
    return replace(reason, remedy="; or ".join((reason.remedy, *changes) if reason.remedy else changes))


def not_judged(problem: Diagnostic, options: EngineOptions, unit: Unit, version: VllmVersion | None) -> Sizing:
    """Return what is said of a model that cannot be read: nothing but the budget, and why.

    Args:
        problem: Why, from an `UnknownModelTypeError`.
        options: How vLLM is started.
        unit: The slice or GPU that each rank gets.
        version: vLLM's version; None where it is not known.
    """
    share = utilization(options, version)
    return Sizing(
        verdict=FitVerdict.NOT_JUDGED,
        weights=None,
        budget=math.ceil(unit.memory * share),
        token_bytes=None,
        length=options.max_model_len,
        needed=None,
        overhead=None,
        available=None,
        concurrency=None,
        tokens=None,
        sure_length=None,
        possible_length=None,
        sequences=None,
        batched_tokens=None,
        reasons=(SizingReason(problem.code, problem.message, problem.remedy),),
    )
