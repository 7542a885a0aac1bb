"""The Pulumi side: components, stack configuration and kubeconfig sources.

`slicewise` knows nothing of Pulumi, except for `slicewise.testing`, with which users test their stacks.

In the wheel this folder is the package `slicewise_pulumi`, and programs take from it what is listed here. It is loaded
when it is asked for: an import of one module does not load them all.
"""

from typing import TYPE_CHECKING

from slicewise.sources import lazy_attributes

if TYPE_CHECKING:
    from .component_options import PreviousPlan
    from .fleet import Fleet
    from .inference_environment import InferenceEnvironment

__all__ = ["Fleet", "InferenceEnvironment", "PreviousPlan"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Fleet": "fleet",
        "InferenceEnvironment": "inference_environment",
        "PreviousPlan": "component_options",
    },
)
