"""The Pulumi side: components, stack configuration and kubeconfig sources.

`slicewise` knows nothing of Pulumi, except for `slicewise.testing`, with which users test their stacks.

In the wheel this folder is the package `slicewise_pulumi`, and programs take from it what is listed here. It is loaded
when it is asked for: an import of one module does not load them all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from slicewise.sources import paused_collector

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
    # What is imported stays: looking through it for garbage, again and again, would be a tenth of the time.
    with paused_collector():
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
