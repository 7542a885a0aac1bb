"""The Pulumi side: components, stack configuration and kubeconfig sources.

`slicewise` knows nothing of Pulumi, except for `slicewise.testing`, with which users test their stacks.

In the wheel this folder is the package `slicewise_pulumi`, and programs take from it what is listed here. It is loaded
when it is asked for: an import of one module does not load them all.
"""

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .component_options import PreviousPlan
    from .fleet import Fleet
    from .inference_environment import InferenceEnvironment

__all__ = ["Fleet", "InferenceEnvironment", "PreviousPlan"]

_MODULES: Final = {
    "Fleet": "fleet",
    "InferenceEnvironment": "inference_environment",
    "PreviousPlan": "component_options",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever it is
    if name not in _MODULES:
        message = f"module {__name__} has no attribute {name}"
        raise AttributeError(message)
    collecting = gc.isenabled()
    # What is imported stays: looking through it for garbage, again and again, would be a tenth of the time.
    gc.disable()
    try:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    finally:
        if collecting:
            gc.enable()
