"""A package's face that loads a module only when one of its names is asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from slicewise.sources.gc_pause import paused_collector


def lazy_attributes(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package.

    Args:
        package: Its `__name__`.
        modules: The module of the package that has each name.
    """

    def attribute(name: str) -> Any:  # noqa: ANN401 - whatever it is
        if name not in modules:
            message = f"module {package} has no attribute {name}"
            raise AttributeError(message)
        # What is imported stays: looking through it for garbage, again and again, would be a tenth of the time.
        with paused_collector():
            found = getattr(import_module(f".{modules[name]}", package), name)
        setattr(sys.modules[package], name, found)
        return found

    return attribute
