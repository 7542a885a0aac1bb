"""The fixture that the wheel gives to pytest, in a project of somebody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.package.installed import CHECKOUT, Installed

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("wheel")]

# The page's own examples, by the name of the file that each begins with.
_EXAMPLE = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project that docs/testing-your-stack.md writes."""
    page = (CHECKOUT / "docs/testing-your-stack.md").read_text(encoding="utf-8")
    for name, text in _EXAMPLE.findall(page):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_examples_of_the_page_pass(installed: Installed, project: Path) -> None:
    run = installed.run(installed.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=project)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\b\d+ passed in ", run.stdout), run.stdout


def test_they_fail_where_the_stack_is_not_what_they_say(installed: Installed, project: Path) -> None:
    program = project / "__main__.py"
    program.write_text(program.read_text().replace("protect=True", "protect=False"))
    run = installed.run(installed.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=project)
    assert run.returncode == 1
    assert "1 failed" in run.stdout


def test_pytest_does_not_load_pulumi_for_tests_that_need_none(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("import sys\n\ndef test_it():\n    assert 'pulumi' not in sys.modules\n")
    run = installed.run(installed.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    listed = installed.run(installed.python, "-m", "pytest", "--fixtures", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "pulumi_recorder" in listed.stdout
