"""What pools need of a cluster to get their units from NVIDIA's DRA driver, beside its devices: see `pools` for these.

A Kubernetes that is new enough, DeviceClasses that select what is meant and nothing else, and no device plugin beside
the driver.
"""

from slicewise.clusters.verify.drivers.device_classes import check_device_classes
from slicewise.clusters.verify.drivers.kubernetes_release import check_kubernetes
from slicewise.clusters.verify.drivers.served_twice import check_served_twice

__all__ = ["check_device_classes", "check_kubernetes", "check_served_twice"]
