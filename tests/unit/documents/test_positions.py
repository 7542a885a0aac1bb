"""Errors are where the YAML says it, however the YAML is written; all of them at once, and no more."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal
from tests.unit.documents.loader import Loader

HEAD = "apiVersion: modelplane.ai/v1alpha1\n"
ENVIRONMENT = HEAD + "kind: InferenceEnvironment\nmetadata: {name: mig-a}\n"
CLUSTER = "  cluster: {source: Existing, existing: {secretRef: {name: mig-a}}}\n"
TOO_FEW = "acceleratorCount: got 0, expected at least 1 [SW203]"


def test_in_flow_style(loader: Loader) -> None:
    text = ENVIRONMENT + (
        "spec: {cluster: {source: Existing, existing: {secretRef: {name: a}}}, nodePools: [\n"
        "  {name: a, acceleratorType: l4, acceleratorCount: §0, capabilities: {memoryPerGpu: 24Gi}}]}\n"
    )
    assert loader.refuse_at(text) == f"spec.nodePools[0].{TOO_FEW}"


def test_in_json(loader: Loader) -> None:
    text = (
        '{"apiVersion": "modelplane.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "chat"},\n'
        ' "spec": {"modelRef": {"name": "gemma"}, "environments": §"2"}}\n'
    )
    assert loader.refuse_at(text) == 'spec.environments: got "2", expected a whole number: remove the quotes [SW203]'


def test_in_a_later_document(loader: Loader) -> None:
    text = (
        "# models\n---\n"
        + minimal("ClusterModel")
        + "---\n"
        + minimal("ModelDeployment", ("spec", "environments"), "X")
    )
    assert loader.refuse_at(text.replace(": X", ": §0")) == "spec.environments: got 0, expected at least 1 [SW203]"


def test_through_an_alias_the_value_stands_at_its_anchor(loader: Loader) -> None:
    text = ENVIRONMENT + (
        "spec:\n" + CLUSTER + "  nodePools:\n"
        "    - {name: a, acceleratorType: l4, acceleratorCount: &n §0, capabilities: &c {memoryPerGpu: 24Gi},"
        " nodeSelector: {pool: a}}\n"
        "    - {name: b, acceleratorType: l4, acceleratorCount: *n, capabilities: *c, nodeSelector: {pool: b}}\n"
    )
    text, after = text.split("§")[0] + text.split("§")[1], text.split("§")[0]
    line, column = after.count("\n") + 1, len(after.rsplit("\n", 1)[1]) - len("&n ") + 1
    assert loader.refuse(text) == [
        f"{line}:{column}: spec.nodePools[0].{TOO_FEW}",
        f"{line}:{column}: spec.nodePools[1].{TOO_FEW}",
    ]


MERGED = (
    ENVIRONMENT + "spec:\n" + CLUSTER + "  nodePools:\n"
    "    - &first\n"
    "      name: a\n"
    "      acceleratorType: l4\n"
    "      acceleratorCount: 1\n"
    "      nodeSelector: {pool: a}\n"
    "      capabilities: {memoryPerGpu: 24Gi}\n"
    "    - <<: *first\n"
    "      name: b\n"
    "      nodeSelector: {pool: b}\n"
)


def test_merges_are_read(loader: Loader) -> None:
    fleet = loader.load(MERGED)
    assert [pool.name for pool in fleet.environments[0].spec.node_pools] == ["a", "b"]


def test_a_merged_value_stands_where_it_was_written(loader: Loader) -> None:
    text = MERGED.replace("acceleratorCount: 1", "acceleratorCount: 0")
    line = text.split("acceleratorCount")[0].count("\n") + 1
    assert loader.refuse(text) == [f"{line}:25: spec.nodePools[{index}].{TOO_FEW}" for index in (0, 1)]


def test_a_value_that_overrides_a_merged_one_stands_at_itself(loader: Loader) -> None:
    text = MERGED.replace("      name: b\n", "      name: b\n      acceleratorCount: §0\n")
    assert loader.refuse_at(text) == f"spec.nodePools[1].{TOO_FEW}"


def test_of_several_merges_the_first_wins(loader: Loader) -> None:
    text = MERGED.replace("    - <<: *first\n", "    - <<: [{acceleratorCount: §0}, *first]\n")
    assert loader.refuse_at(text) == f"spec.nodePools[1].{TOO_FEW}"


def test_an_unknown_field_stands_at_its_name(loader: Loader) -> None:
    text = minimal("ModelDeployment", ("spec", "KEY"), 2).replace("KEY", "§enviroments")
    assert loader.refuse_at(text) == (
        'spec.enviroments: spec has no field "enviroments"; "environments" is there already; remove this [SW201]'
    )


def test_an_unknown_field_that_is_like_none(loader: Loader) -> None:
    text = minimal("ModelDeployment", ("KEY",), 2).replace("KEY", "§phase")
    assert loader.refuse_at(text) == (
        'phase: the document has no field "phase"; it has apiVersion, kind, metadata, spec [SW201]'
    )


def test_a_cluster_has_no_namespace(loader: Loader) -> None:
    text = minimal("InferenceEnvironment", ("metadata", "KEY"), "x").replace("KEY", "§namespace")
    assert loader.refuse_at(text) == (
        'metadata.namespace: metadata has no field "namespace"; leave it out: this kind belongs to no namespace [SW201]'
    )


def test_fields_are_written_as_the_design_writes_them(loader: Loader) -> None:
    for written in ("node_pools", "nodepools", "NodePools", "node-pools"):
        text = ENVIRONMENT + f"spec:\n{CLUSTER}  §{written}: []\n"
        assert loader.refuse_at(text) == (
            f'spec.{written}: spec has no field "{written}"; did you mean "nodePools"? [SW201]'
        )


def test_a_field_deep_in_a_list_is_known_by_its_place(loader: Loader) -> None:
    text = minimal(
        "ClusterModel", ("spec", "serving"), [{"name": "a"}, {"name": "b", "replicaTopology": {"requires": {"KEY": 1}}}]
    )
    assert loader.refuse_at(text.replace("KEY", "§memoryPerGPU")) == (
        "spec.serving[1].replicaTopology.requires.memoryPerGPU: spec.serving[1].replicaTopology.requires has no field "
        '"memoryPerGPU"; did you mean "memoryPerGpu"? [SW201]'
    )


def test_unknown_fields_of_every_depth_are_refused(loader: Loader) -> None:
    for path in (("metadata",), ("spec",), ("spec", "modelRef"), ("spec", "scaling"), ("spec", "environmentSelector")):
        text = minimal("ModelDeployment", (*path, "KEY"), 1).replace("KEY", "§zzz")
        assert loader.refuse_at(text).endswith("[SW201]")


def test_a_field_whose_name_is_no_text(loader: Loader) -> None:
    for written in ("7", "true", "null", "1.5"):
        text = minimal("ModelDeployment", ("spec", "KEY"), 1).replace("KEY", f"§{written}")
        message = loader.refuse_at(text)
        assert "expected text as the name of a field" in message
        assert message.endswith("[SW203]")


def test_an_odd_name_keeps_an_error_on_one_line(loader: Loader) -> None:
    (line,) = loader.refuse(minimal("ClusterModel", ("spec", "a\nb\x1b[31m" + "c" * 500), 1))
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 400
    assert '"a\\nb\\u001b[31m' in line


def test_an_empty_value_stands_after_its_name(loader: Loader) -> None:
    text = ENVIRONMENT + "spec:\n" + CLUSTER + "  nodePools:\n"
    (line,) = loader.refuse(text)
    assert line.split(":")[0] == "6"
    assert "spec.nodePools: got nothing, expected a list: give it a value, or remove the field [SW203]" in line


def test_every_error_of_every_file_sorted(loader: Loader) -> None:
    lines = loader.refuse(
        minimal("ModelDeployment", ("spec",), {"environments": 0, "priority": "high"}),
        "a: [",
        minimal("InferenceEnvironment", ("spec", "nodePools", 0, "acceleratorCount"), 0) + "---\nkind: Nothing\n",
        "",
        minimal("ClusterModel", ("spec", "serving"), [{"name": "a"}, {"name": "a"}]),
    )
    assert [(line.split(":")[0], line[-6:-1]) for line in lines] == [
        ("0.yaml", "SW202"),
        ("0.yaml", "SW203"),
        ("0.yaml", "SW203"),
        ("1.yaml", "SW104"),
        ("2.yaml", "SW203"),
        ("2.yaml", "SW108"),
        ("3.yaml", "SW103"),
        ("4.yaml", "SW211"),
    ]
    positions = [[int(part) for part in line.split(":")[1:3]] for line in lines if line.startswith("0")]
    assert positions == sorted(positions)


def test_a_wrong_source_is_one_message(loader: Loader) -> None:
    cluster = {"source": "MARK", "talos": {"project": "p"}}
    text = minimal("InferenceEnvironment", ("spec", "cluster"), cluster).replace("MARK", "§Talos")
    expected = 'spec.cluster.source: got "Talos", expected "Existing", "GKE" or "EKS" [SW203]'
    assert loader.refuse_at(text) == expected
    text = minimal("ClusterModel").replace("source: HuggingFace", "source: §GCS").replace("huggingFace:", "gcs:")
    expected = 'spec.source: got "GCS", expected "HuggingFace", "S3", "PersistentVolumeClaim" or "OCI" [SW203]'
    assert loader.refuse_at(text) == expected


def test_a_wrong_entry_does_not_make_its_list_too_short(loader: Loader) -> None:
    text = minimal("ClusterModel", ("spec", "serving"), ["MARK"]).replace("MARK", "§gemma")
    assert loader.refuse_at(text) == 'spec.serving[0]: got "gemma", expected a mapping [SW203]'


def test_a_broken_model_makes_no_reference_dangling(loader: Loader) -> None:
    deployment = minimal("ModelDeployment")
    model = minimal("ClusterModel")
    for broken in (
        model.replace("repo:", "repos:"),
        model.replace("kind: ClusterModel", "kind: ClusterModell"),
        model.replace("v1alpha1", "v1"),
        model.replace("metadata:\n  name: gemma", "metadata: {}"),
        model.replace("metadata:\n  name: gemma", "metadata: gemma"),
        model + "spec: {}\n",
        "serving: [",
        "",
    ):
        assert "SW212" not in " ".join(loader.refuse(deployment, broken)), broken


def test_a_missing_file_makes_no_reference_dangling(loader: Loader) -> None:
    loader.write(minimal("ModelDeployment"))
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(["0.yaml", "models.yaml"])
    assert [problem.code.value for problem in caught.value.problems] == ["SW101"]


def test_other_broken_documents_hide_no_dangling_reference(loader: Loader) -> None:
    deployment = minimal("ModelDeployment")
    for broken in (
        "apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnviroment\n",
        minimal("InferenceEnvironment", ("spec", "nodePools"), []),
        minimal("ClusterModel", ("metadata", "name"), "other").replace("repo:", "repos:"),
    ):
        assert "[SW212]" in " ".join(loader.refuse(deployment, broken)), broken


def test_one_document_twice_is_one_error(loader: Loader) -> None:
    one = minimal("ModelDeployment")
    lines = loader.refuse(one, one, minimal("ClusterModel"), minimal("InferenceEnvironment"))
    assert [line[-6:-1] for line in lines] == ["SW210"]
