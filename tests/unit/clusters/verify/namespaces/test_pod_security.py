"""What Pod Security lets a plan's pods do, in the words of Kubernetes 1.34's admission."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.verify.namespaces.pod_security import check_pod_security
from tests.unit.clusters.built_clusters import verified
from tests.unit.clusters.verify.namespaces.namespace import as_kserve_makes_it, cluster, documents, parallel


@pytest.mark.parametrize("level", ["", "privileged", "baseline", "restricted"])
def test_one_node_is_allowed_at_every_level(level: str) -> None:
    assert verified(documents(), cluster(level=level)).differences == ()


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_data_parallelism_over_nodes_adds_capabilities(level: str) -> None:
    of, bare = parallel(data=16, dataLocal=8)
    (told,) = verified(of, replace(bare, rules=cluster(level=level).rules)).differences
    assert (told.code, told.severity) == ("SW626", "error")
    assert told.message == (
        f"namespace team enforces Pod Security {level}, which refuses every pod of team/chat: non-default capabilities "
        '(container "main" must not include "IPC_LOCK", "NET_RAW", "SYS_RAWIO"), which KServe\'s preset for data '
        "parallelism over several nodes adds"
    )


@pytest.mark.parametrize("written", ["Restricted", "Privileged", "priviledged", "none"])
def test_a_level_that_is_none_counts_as_restricted(written: str) -> None:
    """Kubernetes 1.34, k8s.io/pod-security-admission/api/helpers.go, ParseLevel."""
    of, bare = parallel(data=16, dataLocal=8)
    (told,) = verified(of, replace(bare, rules=cluster(level=written).rules)).differences
    assert told.message.startswith("namespace team enforces Pod Security restricted, which refuses every pod")
    assert verified(documents(), cluster(level=written)).differences == ()


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_pipeline_parallelism_adds_none(level: str) -> None:
    of, bare = parallel()
    assert verified(of, replace(bare, rules=cluster(level=level).rules)).differences == ()


def test_kserves_init_container_is_refused_where_restricted_is_enforced() -> None:
    (found,) = check_pod_security("team", "restricted", [as_kserve_makes_it()])
    assert found.code == "SW626"
    assert 'container "storage-initializer" does not set allowPrivilegeEscalation=false' in found.message
    assert found.remedy == "kubectl label namespace team pod-security.kubernetes.io/enforce=baseline --overwrite"
    assert list(check_pod_security("team", "baseline", [as_kserve_makes_it()])) == []
