"""The wheel: what is in it, what it needs, and that its command and its components work outside a checkout."""

from __future__ import annotations

import json
import re
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

import slicewise
from tests.components.provisioned import eks_document, gke_document
from tests.package.installed import CHECKOUT, Installed
from tests.unit.cli.running import DEMO, in_process

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("wheel")]

# Every module of the components, but those that import a cloud's SDK when they are loaded.
IMPORT_ALL = """
import importlib, pkgutil, sys
import slicewise_pulumi
names = [found.name for found in pkgutil.walk_packages(slicewise_pulumi.__path__, "slicewise_pulumi.")]
for name in names:
    importlib.import_module(name)
assert not {"components", "pulumi_gcp", "pulumi_aws"} & set(sys.modules)
print(len(names))
"""


# What a stack is told that has the environment in the argument.
ASK = """
import sys
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import InferenceEnvironment
from slicewise_pulumi.cloud_sdks import require_cloud_sdks
from slicewise_pulumi.stack_config import StackConfig
try:
    require_cloud_sdks(StackConfig(), [InferenceEnvironment.model_validate_json(sys.argv[1])])
except InvalidInputError as error:
    print(error)
"""


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_command_plans_as_the_checkout_does(installed: Installed, tmp_path: Path) -> None:
    run = installed.run(installed.command, "plan", DEMO, cwd=tmp_path)
    here = in_process("plan", DEMO)
    assert (run.returncode, run.stdout, run.stderr) == (here.returncode, here.stdout, here.stderr)
    assert run.returncode == 0


def test_the_page_of_errors_is_inside(installed: Installed, tmp_path: Path) -> None:
    run = installed.run(installed.command, "errors", "SW204", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("## SW204: unknown MIG profile\n")


def test_the_schemas_are_inside(installed: Installed) -> None:
    committed = {path.name: path.read_text() for path in (CHECKOUT / "schemas").iterdir()}
    packed = {path.name: path.read_text() for path in (installed.packages / "slicewise/schemas").iterdir()}
    assert packed == committed
    assert all(json.loads(text)["$schema"] for text in packed.values())


def test_every_module_of_the_components_is_imported_without_a_cloud(installed: Installed, tmp_path: Path) -> None:
    run = installed.run(installed.python, "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    modules = [path for path in (CHECKOUT / "components").rglob("*.py") if path != CHECKOUT / "components/__init__.py"]
    assert int(run.stdout) == len(modules)


@pytest.mark.parametrize(("document", "extra"), [(gke_document(), "gcp"), (eks_document(), "aws")])
def test_a_stack_on_a_cloud_is_told_what_to_install(
    document: dict[str, Any], extra: str, installed: Installed, tmp_path: Path
) -> None:
    run = installed.run(installed.python, "-c", ASK, json.dumps(document), cwd=tmp_path)
    assert run.stderr == ""
    assert f"pulumi-{extra} is not installed; run: pip install 'slicewise[{extra}]' [SW417]" in run.stdout


def test_nothing_is_in_it_that_could_collide(installed: Installed) -> None:
    tops = {name.partition("/")[0] for name in names(installed.wheel)}
    assert tops == {"slicewise", "slicewise_pulumi", f"slicewise-{slicewise.__version__}.dist-info"}
    assert {"slicewise/py.typed", "slicewise_pulumi/py.typed"} <= set(names(installed.wheel))


def test_it_says_what_it_is(installed: Installed, tmp_path: Path) -> None:
    said = metadata(installed.wheel)
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("slicewise", slicewise.__version__, ">=3.11")
    assert said["License-Expression"] == "Apache-2.0"
    licence = installed.packages / f"slicewise-{slicewise.__version__}.dist-info/licenses/LICENSE"
    assert licence.read_text() == (CHECKOUT / "LICENSE").read_text()
    run = installed.run(installed.command, "--version", cwd=tmp_path)
    assert run.stdout == f"slicewise {slicewise.__version__}\n"


def test_it_needs_what_the_program_needs_and_no_cloud(installed: Installed) -> None:
    needed = metadata(installed.wheel).get_all("Requires-Dist") or []
    by_extra: dict[str, set[str]] = {}
    for requirement in needed:
        name, _, marker = requirement.partition(";")
        extra = re.fullmatch(r" extra == '(\w+)'", marker)
        by_extra.setdefault(extra[1] if extra else "", set()).add(re.split(r"[<>=!~]", name)[0].lower())
    assert by_extra.pop("") == {
        *("pulumi", "pulumi-kubernetes", "pydantic", "pyyaml", "typer", "lightkube", "httpx2", "cryptography"),
        *("rapidfuzz", "rich"),
    }
    assert by_extra == {
        "aws": {"pulumi-aws"},
        "gcp": {"pulumi-gcp"},
        "hub": {"huggingface-hub"},
        "layout": {"ortools"},
        "testing": {"pytest"},
    }
