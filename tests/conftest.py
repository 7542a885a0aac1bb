"""What holds for all tests: no example of Hypothesis fails because the machine was busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
