"""`python -m slicewise_pulumi.plugin ENGINE-ADDRESS`, as Pulumi's engine starts a provider."""

from . import serve_package

if __name__ == "__main__":
    serve_package()
