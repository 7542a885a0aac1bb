"""Which devices of dynamic resource allocation a selector selects, as kube-scheduler evaluates its CEL expression.

What is not understood of CEL is not guessed: the answer then is `SelectorAnswer.UNKNOWN`.
"""

from slicewise.kubernetes.device_selectors.answers import SelectorAnswer, answer_of, answer_of_all
from slicewise.kubernetes.device_selectors.devices import PublishedDevice, read_devices

__all__ = ["PublishedDevice", "SelectorAnswer", "answer_of", "answer_of_all", "read_devices"]
