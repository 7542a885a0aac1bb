"""The mark that says of a kubeconfig in a temporary directory whose it is."""

from __future__ import annotations

import json

import pytest
import yaml

from slicewise.clusters.access.kubeconfig import read_context
from slicewise.clusters.access.marking import marked
from tests.unit.clusters.access.kubeconfigs import kubeconfig

MARKED = {"name": "slicewise.dev/temporary", "extension": {}}


def test_nothing_but_an_extension_is_added() -> None:
    config = kubeconfig()
    text = marked(yaml.safe_dump(config))

    assert yaml.safe_load(text) == config | {"extensions": [MARKED]}
    assert read_context(text) == read_context(yaml.safe_dump(config))


def test_extensions_of_others_stay_and_the_mark_stands_once() -> None:
    # client-go refuses two extensions of one name.
    other = {"name": "minikube.sigs.k8s.io", "extension": {"version": "v1.37.0"}}
    text = marked(marked(yaml.safe_dump(kubeconfig(extensions=[other]))))

    assert json.loads(text)["extensions"] == [MARKED, other]


def test_how_it_is_written_does_not_show() -> None:
    config = kubeconfig()
    spellings = {
        yaml.safe_dump(config, sort_keys=False),
        json.dumps(config),
        "# mine\n" + yaml.safe_dump(config, sort_keys=False),
    }

    assert len(spellings) == 3
    assert len({marked(text) for text in spellings}) == 1


@pytest.mark.parametrize("text", ["", "canary", "[]", "a: [", "{}\n---\n{}\n"])
def test_what_no_provider_takes_stays_as_it_is(text: str) -> None:
    assert marked(text) == text
