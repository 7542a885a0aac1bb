"""Acting as another, as a real API server judges it."""

from __future__ import annotations

import yaml

from embedded.control_plane import ControlPlane
from tests.engine.credentials import kubeconfig_of
from tests.unit.clusters.access.asking import read, refused


def test_whom_the_kubeconfig_acts_as_decides_what_may_be_read(plane: ControlPlane) -> None:
    config = yaml.safe_load(kubeconfig_of(plane))
    user = config["users"][0]["user"]
    read(yaml.safe_dump(config))
    user["as"] = "nobody"
    assert 'User "nobody" cannot list resource "nodes"' in refused(yaml.safe_dump(config))
    # The group that may do everything, whoever is in it.
    user["as-groups"] = ["system:masters"]
    read(yaml.safe_dump(config))


def test_the_tls_server_name_is_what_the_certificate_must_be_for(plane: ControlPlane) -> None:
    assert "tls-server-name" in refused(kubeconfig_of(plane, **{"tls-server-name": "another.test"}))
