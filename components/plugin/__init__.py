"""Fleet for programs in other languages: Pulumi's engine runs this as the provider of the package `slicewise`."""

from .provider import serve_package

__all__ = ["serve_package"]
