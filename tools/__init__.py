"""Tools for those who work on Slicewise: run from a checkout, imported by nothing."""
