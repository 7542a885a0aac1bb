"""The least that declares the objects of a plan through Pulumi: what a preview costs without Slicewise."""
