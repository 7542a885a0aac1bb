"""For tests of your own stacks: an engine that records what a program declares, and asks no cluster and no cloud.

docs/testing-your-stack.md shows how. This is the only part of `slicewise` that imports Pulumi, and no other part
imports it: tests do, and the fixture in `pytest_plugin.py`.
"""

from slicewise.testing.recorder import Invoke, ProviderRefusal, Recorder, Registration
from slicewise.testing.running import recording, run, run_program

__all__ = ["Invoke", "ProviderRefusal", "Recorder", "Registration", "recording", "run", "run_program"]
