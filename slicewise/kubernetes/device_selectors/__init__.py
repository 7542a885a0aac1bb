"""Which devices of dynamic resource allocation a selector selects, as kube-scheduler evaluates its CEL expression.

`selected` answers for one device. What is not understood of CEL is not guessed: the answer then is `Selected.UNKNOWN`.
"""

from slicewise.kubernetes.device_selectors.devices import PublishedDevice, read_devices
from slicewise.kubernetes.device_selectors.selected import Selected, selected, selected_by_all

__all__ = ["PublishedDevice", "Selected", "read_devices", "selected", "selected_by_all"]
