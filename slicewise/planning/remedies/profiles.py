"""A model with one of its serving profiles changed."""

from __future__ import annotations

from slicewise.documents import ModelSpec, ServingProfile


def with_profile(model: ModelSpec, profile: ServingProfile) -> ModelSpec:
    """Return `model` with `profile` in place of the one of the same name."""
    serving = tuple(profile if each.name == profile.name else each for each in model.serving)
    return model.model_copy(update={"serving": serving})
