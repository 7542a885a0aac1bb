"""Heavy libraries are loaded only by those who need them: each cloud's SDK has some 100 MB of modules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("pulumi_gcp", "pulumi_aws", "lightkube", "httpx2", "cryptography")
# What reports and verifies, for whoever declares a Fleet, and what sizes models that say what they are made of.
LATER = (
    "rich",
    "rapidfuzz",
    "slicewise.clusters.discover",
    "slicewise.clusters.verify.verification",
    "slicewise.sizing.architecture",
)

# The program as Pulumi imports it, with an engine that does not run it.
PROGRAM = """
import components.fleet
components.fleet.Fleet = lambda *args, **options: type("Nothing", (), {"stack_outputs": {}})
import runpy
runpy.run_path("__main__.py", run_name="__main__")
"""
# One environment's kubeconfig, from a source and through a mock engine that answers every question with SERVER.
READ = """
import json, pulumi
from slicewise.testing import recording
mock = recording(project="slicewise", stack="test", preview=True)
recorder = mock.__enter__()
from components.stack_config import KubeconfigSourceName
from tests.components import kubeconfigs as shared
from tests.components import test_kubeconfig_clouds as clouds
text = shared.kubeconfig("https://127.0.0.1:9")
recorder.answers = {{
    clouds.GCP_SECRET: lambda _: clouds.gcp_answer(text.encode()),
    clouds.AWS_SECRET: lambda _: {{"secretString": text}},
}}
pulumi.runtime.set_config("slicewise:kubeconfigs", json.dumps({{"x": text}}))
try:
    shared.read(shared.stack(KubeconfigSourceName({source!r})), [shared.existing("env", secretRef={{"name": "x"}})])
except Exception as error:
    assert "SW404" in str(error), error
else:
    assert {source!r} == "none"
"""
LOADED = f"""
import json, sys
print(json.dumps([name for name in {HEAVY + LATER!r} if name in sys.modules]))
"""


def loaded(program: str) -> set[str]:
    """Return which of the heavy libraries `program` has loaded in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", program + LOADED], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_the_program_itself_loads_none() -> None:
    assert loaded(PROGRAM) == set()


def test_names_are_compared_only_where_one_is_wrong() -> None:
    reading = "from slicewise.documents import load_fleet\nload_fleet(['stacks/demo'])\n"
    assert "rapidfuzz" not in loaded(reading)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("none", set()),
        ("config", set()),
        ("gcp-secret-manager", {"pulumi_gcp"}),
        ("aws-secrets-manager", {"pulumi_aws"}),
    ],
)
def test_a_source_loads_what_it_asks_through_and_no_more(source: str, expected: set[str]) -> None:
    assert loaded(READ.format(source=source)) == expected
