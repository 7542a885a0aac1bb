"""The one error of this package."""


class ControlPlaneError(Exception):
    """The control plane, or something in it, did not come up; the message says why and where the log is."""
