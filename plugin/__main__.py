"""What Pulumi runs when a program in another language uses the package `slicewise`."""

from slicewise_pulumi.plugin import serve_package

if __name__ == "__main__":
    serve_package()
