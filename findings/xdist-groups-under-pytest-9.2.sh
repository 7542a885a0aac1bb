#!/usr/bin/env bash
# Tests of one xdist_group run on several workers when pytest 9.2.0 meets pytest-xdist 3.8.0, and nothing says so.
#
# Guess beforehand: `--dist loadgroup` keeps all tests of a group on one worker, with every pytest that pip lets
# pytest-xdist be installed with (3.8.0 asks for pytest>=7.0.0).
# Seen, Python 3.11: with pytest 9.1.1 the eight tests of a group share 1 worker; with 9.2.0 they are spread over 2, exit
# status 0, no warning. What a group shares (a cluster, a stack) is then made once a worker.
# Known to its makers: pytest-dev/pytest-xdist, issue 1386. Until that is fixed: pytest<9.2.
#
# Run: bash findings/xdist-groups-under-pytest-9.2.sh    (installs into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/test_grouped.py" <<'TEST'
import os
import pathlib

import pytest


@pytest.mark.xdist_group("shared")
@pytest.mark.parametrize("number", range(8))
def test_it(number):
    pathlib.Path(f"{number}.worker").write_text(os.environ["PYTEST_XDIST_WORKER"])
TEST

workers_with() {
    python3 -m venv "$folder/$1"
    "$folder/$1/bin/pip" install --quiet --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
    (cd "$folder" && rm -f ./*.worker && "$folder/$1/bin/python" -W error -m pytest -q -n 2 --dist loadgroup test_grouped.py >&2)
    cat "$folder"/*.worker | sed 's/gw/\ngw/g' | grep gw | sort -u | wc -l
}

before=$(workers_with 9.1.1)
after=$(workers_with 9.2.0)
echo "workers that ran one group of eight tests: $before with pytest 9.1.1, $after with pytest 9.2.0 (pytest-xdist 3.8.0)"
[ "$before" -eq 1 ] && [ "$after" -eq 2 ] || { echo "this has changed" >&2; exit 1; }
