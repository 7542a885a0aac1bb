"""The pinned binaries that tests and previews run, and how they are built."""
