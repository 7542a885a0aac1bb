"""The vocabulary of Kubernetes that every part of Slicewise, and the policies, read alike."""
