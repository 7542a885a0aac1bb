"""The versions that the page names are those that are pinned, and its rights are those of the tested page."""

from __future__ import annotations

import re
import runpy
import tomllib

from slicewise.clusters.live import NODE_GROUPS, SCALED_OBJECTS, SERVICES
from slicewise.clusters.preflight import installing
from tests.unit.cli.running import ROOT

BUILD = runpy.run_path(str(ROOT / "toolchain/build.py"))
PAGE = (ROOT / "docs/before-you-begin.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", PAGE, re.MULTILINE))


def pinned(toolchain: str, module: str) -> str:
    """Return the version of a module in the toolchain's go.mod."""
    text = (ROOT / "toolchain" / toolchain / "go.mod").read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"{re.escape(module)} v(\S+)", text)
    return found[0]


def test_versions_are_those_that_are_tested() -> None:
    releases = [version.removeprefix("v") for version in BUILD["KUBERNETES_RELEASES"].values()]
    assert ROWS["Kubernetes"] == f"tested with {' and '.join(releases)}"
    assert ROWS["KServe's `LLMInferenceService` controller"] == pinned("kserve", "github.com/kserve/kserve")
    assert ROWS["LeaderWorkerSet"] == f"tested with {pinned('lws', 'sigs.k8s.io/lws')}"
    assert ROWS["Gateway API, and a controller for it"].endswith(pinned("kserve", "sigs.k8s.io/gateway-api"))
    assert pinned("pulumi", "github.com/pulumi/pulumi/pkg/v3") in ROWS["Pulumi CLI"]
    assert ROWS["Go"].startswith(".".join(map(str, BUILD["GO_MINIMUM"])))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ROWS["Python"] == f"{project['requires-python'].removeprefix('>=')} or newer"
    assert "2.20 or later" in (ROOT / "docs/autoscaling.md").read_text(encoding="utf-8")
    assert ROWS["KEDA"] == "2.20 or newer"
    assert installing([(SCALED_OBJECTS, ())]).startswith("install in the cluster: KEDA (2.20 or newer)")
    assert f"; {pinned('lws', 'sigs.k8s.io/lws')} is tested)" in installing([(NODE_GROUPS, ())])
    kserve = pinned("kserve", "github.com/kserve/kserve").removesuffix(".0")
    assert f" KServe {kserve} " in installing([(SERVICES, ())])


def test_charts_are_of_these_versions() -> None:
    charts = re.findall(r"charts/(\S+) --version v?(\S+)", PAGE)
    kserve, lws = pinned("kserve", "github.com/kserve/kserve"), pinned("lws", "sigs.k8s.io/lws")
    names = ("kserve-llmisvc-crd", "kserve-llmisvc-resources", "kserve-runtime-configs")
    assert charts == [("lws", lws), *((name, kserve) for name in names)]


def test_rights_are_in_one_place() -> None:
    assert "kind: ClusterRole" not in PAGE
    assert "kubeconfigs.md#what-the-credential-may-do" in PAGE
    assert "## What the credential may do" in (ROOT / "docs/kubeconfigs.md").read_text(encoding="utf-8")
