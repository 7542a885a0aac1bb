"""Remedies in an engine's arguments: with them it surely starts on the units of a pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slicewise.documents import model_key, profile_engine, unit_of
from slicewise.planning.engine_fit import engine_sizing
from slicewise.planning.remedies.profiles import with_profile
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want

_WRITE = "write "


def other_arguments(want: Want) -> Proposal | None:
    """Return the mildest change of the engine's arguments with which it surely starts there."""
    engine = profile_engine(want.model, want.profile)
    reasons = engine_sizing(engine, unit_of(want.place.pool)).reasons if engine else ()
    for way in reasons[0].remedy.split("; or ") if reasons else ():
        if way.startswith(f"{_WRITE}--") and (proposal := _with(want, way.removeprefix(_WRITE).split())):
            return proposal
    return None


def _with(want: Want, added: list[str]) -> Proposal | None:
    arguments = (*_without(want.profile.engine.args, {each.partition("=")[0] for each in added}), *added)
    engine = want.profile.engine.model_copy(update={"args": arguments})
    profile = want.profile.model_copy(update={"engine": engine})
    model = with_profile(want.model, profile)
    changed = replace(want, model=model, profile=profile)
    if not changed.fits(want.place):
        return None
    document = str(model_key(want.deployment).subject)
    environment, pool = want.place.name
    remedy = Remedy(
        kind=RemedyKind.MODEL,
        message=(
            f"{' '.join(added)} among engine.args in the profile {profile.name} of {document}, if that is enough, "
            f"{want.lets_it_run} on {want.place}"
        ),
        document=document,
        field=f"spec.serving[{profile.name}].engine.args",
        value=list(arguments),
        units=0,
        environment=environment,
        node_pool=pool,
        profile=profile.name,
    )
    return Proposal(remedy, changed, want.place, model)


def _without(arguments: Iterable[str], names: set[str]) -> list[str]:
    """Return arguments without these options, whose values are in the same argument or in the next."""
    kept: list[str] = []
    skipping = False
    for argument in arguments:
        if argument.startswith("-"):
            skipping = argument.partition("=")[0] in names
        if not skipping:
            kept.append(argument)
    return kept
