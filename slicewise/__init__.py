"""The core of Slicewise: which node pool serves which model, counted in MIG slices. It knows nothing of Pulumi."""

__version__ = "0.1.0"
