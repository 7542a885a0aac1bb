"""The rules of models and deployments, and between documents."""

from __future__ import annotations

import pytest

from tests.unit.documents.documents import Data, minimal, text
from tests.unit.documents.loader import Loader


def environment(name: str, **labels: str) -> str:
    return minimal("InferenceEnvironment", ("metadata",), {"name": name, "labels": labels})


def model(name: str = "gemma", serves: str = "google/gemma", kind: str = "ClusterModel", **metadata: str) -> str:
    document = minimal(kind, ("metadata",), {"name": name, **metadata})
    return document.replace("name: google/gemma", f"name: {serves}")


def deployment(name: str = "chat", namespace: str = "team-a", of: Data | None = None, **spec: object) -> str:
    document = {
        "apiVersion": "modelplane.ai/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"modelRef": of or {"name": "gemma"}, "environments": 1, **spec},
    }
    return text(document)


def topology(written: str) -> str:
    return f"""\
apiVersion: modelplane.ai/v1alpha1
kind: ClusterModel
metadata: {{name: gemma}}
spec:
  model: {{name: google/gemma}}
  source: HuggingFace
  huggingFace: {{repo: google/gemma}}
  serving:
    - name: p
      replicaTopology: {written}
"""


OR_LEAVE = ", or leave parallelism out"
OR_LEAVE_IT_OUT = f"; make them equal{OR_LEAVE}"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "{gpusPerNode: 8, parallelism: §{tensor: 4}}",
            "tensor 4 x pipeline 1 x data 1 = 4 GPUs, but nodes 1 x gpusPerNode 8 = 8" + OR_LEAVE_IT_OUT,
        ),
        (
            "{gpusPerNode: 8, parallelism: §{data: 4}}",
            "tensor 1 x pipeline 1 x data 4 = 4 GPUs, but nodes 1 x gpusPerNode 8 = 8" + OR_LEAVE_IT_OUT,
        ),
        (
            "{nodes: 2, gpusPerNode: 8, parallelism: §{tensor: 1, pipeline: 2, data: 8, dataLocal: 4}}",
            "data 8 and pipeline 2 exclude each other: KServe refuses both in one service; keep one of the two"
            + OR_LEAVE,
        ),
        (
            "{gpusPerNode: 8, parallelism: §{dataLocal: 4}}",
            "dataLocal is a part of data, which is not set; set data, or leave dataLocal out",
        ),
        (
            "{nodes: 2, gpusPerNode: 3, parallelism: §{data: 6, dataLocal: 4}}",
            "data 6 is not a multiple of dataLocal 4, the part of it on one node; make data nodes x dataLocal",
        ),
        # Tensor parallelism across nodes cannot be expressed.
        (
            "{nodes: 2, gpusPerNode: 8, parallelism: §{tensor: 16, pipeline: 1}}",
            "pipeline is 1, but a replica on 2 nodes has one stage a node; write pipeline: 2 and tensor: 8",
        ),
        (
            "{nodes: 2, gpusPerNode: 8, parallelism: §{tensor: 4, pipeline: 4}}",
            "pipeline is 4, but a replica on 2 nodes has one stage a node; write pipeline: 2 and tensor: 8",
        ),
        (
            "{nodes: 2, gpusPerNode: 8, parallelism: §{data: 16}}",
            "data 16 / nodes 2 = 8 a node, but dataLocal is 16; write dataLocal: 8",
        ),
        (
            "{gpusPerNode: 8, parallelism: §{data: 8, dataLocal: 4}}",
            "data 8 / nodes 1 = 8 a node, but dataLocal is 4; write dataLocal: 8",
        ),
    ],
)
def test_parallelism_that_does_not_fit_the_replica(loader: Loader, written: str, message: str) -> None:
    assert loader.refuse_at(topology(written)) == (f"spec.serving[0].replicaTopology.parallelism: {message} [SW216]")


@pytest.mark.parametrize(
    "written",
    [
        "{gpusPerNode: 8}",
        "{nodes: 2, gpusPerNode: 8}",
        "{gpusPerNode: 8, parallelism: {tensor: 8}}",
        "{gpusPerNode: 8, parallelism: {tensor: 2, pipeline: 4}}",
        "{nodes: 2, gpusPerNode: 8, parallelism: {tensor: 8, pipeline: 2}}",
        "{nodes: 2, gpusPerNode: 8, parallelism: {data: 16, dataLocal: 8, expert: true}}",
        "{nodes: 2, gpusPerNode: 8, parallelism: {tensor: 4, data: 4, dataLocal: 2}}",
        "{gpusPerNode: 8, parallelism: {data: 8, expert: true}}",
        "{gpusPerNode: 8, parallelism: {data: 8, dataLocal: 8}}",
    ],
)
def test_parallelism_that_fits(loader: Loader, written: str) -> None:
    loader.accept(topology(written))


def test_two_profiles_of_one_name(loader: Loader) -> None:
    document = minimal("ClusterModel", ("spec", "serving"), [{"name": "a"}, {"name": "b"}, {"name": "MARK"}])
    assert loader.refuse_at(document.replace("MARK", "§a")) == (
        'spec.serving[2].name: "a" is the name of serving[0] already; rename one of the two [SW211]'
    )


def test_braces_that_kserve_reads_as_a_template(loader: Loader) -> None:
    engine = {"args": ["--fine={}", "MARK--chat-template={{ x }}"]}
    document = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": engine}])
    message = loader.refuse_at(document.replace("MARK", "§"))
    assert message.startswith("spec.serving[0].engine.args[1]: KServe reads every string of a service as a Go template")
    assert message.endswith("[SW218]")


@pytest.mark.parametrize(
    ("scaling", "field", "message"),
    [
        (
            {"concurrency": {"maxReplicas": 2, "target": 8}},
            "concurrency",
            'signal Fixed takes no concurrency block; remove it, or write "signal: Concurrency"',
        ),
        (
            {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}, "fixed": {"replicas": 2}},
            "fixed",
            'signal Concurrency takes no fixed block; remove it, or write "signal: Fixed" and remove concurrency',
        ),
        (
            {"signal": "Concurrency"},
            "concurrency",
            "signal Concurrency needs a concurrency block with maxReplicas and target; add it",
        ),
    ],
)
def test_the_block_fits_the_signal(loader: Loader, scaling: Data, field: str, message: str) -> None:
    (line,) = loader.refuse(deployment(scaling=scaling) + "---\n" + model())
    assert line.split(" ", 1)[1] == f"spec.scaling.{field}: {message} [SW215]"


def test_fewer_replicas_at_most_than_at_least(loader: Loader) -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 3, "maxReplicas": "MARK", "target": 8}}
    document = deployment(scaling=scaling).replace("MARK", "§2")
    assert loader.refuse_at(document, model()) == (
        "spec.scaling.concurrency.maxReplicas: 2 is less than minReplicas 3; raise it, or lower minReplicas [SW214]"
    )


@pytest.mark.parametrize(("fewest", "codes"), [(0, ["SW306"]), (1, [])])
def test_no_request_wakes_a_deployment_from_zero(loader: Loader, fewest: int, codes: list[str]) -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": fewest, "maxReplicas": 2, "target": 8}}
    advice = loader.load(deployment(scaling=scaling), model()).advice
    assert [item.code for item in advice] == codes
    assert all(item.path.endswith(": spec.scaling.concurrency.minReplicas") for item in advice)


LOAD_IT = "; write its document, or load its file too"


def elsewhere(namespace: str) -> str:
    return (
        f"; there is a Model of that name in namespace {namespace}, which only a deployment in {namespace} can serve: "
        "correct metadata.namespace of one of the two, or declare a ClusterModel"
    )


@pytest.mark.parametrize(
    ("reference", "models", "hint"),
    [
        ({"name": "gemna"}, [model()], '; did you mean "gemma"?'),
        ({"name": "other"}, [model()], "; there is gemma"),
        ({"name": "other"}, [model(), model("llama")], "; there are gemma, llama"),
        ({"name": "other"}, [], LOAD_IT),
        (
            {"name": "gemma"},
            [model(kind="Model", namespace="team-a")],
            "; there is a Model of that name: write kind: Model",
        ),
        ({"name": "gemma"}, [model(kind="Model", namespace="team-b")], elsewhere("team-b")),
        (
            {"name": "gemma"},
            [model("gemma-2"), model(kind="Model", namespace="aaa"), model(kind="Model", namespace="tema-a")],
            elsewhere("tema-a"),
        ),
    ],
)
def test_a_reference_to_no_cluster_model(loader: Loader, reference: Data, models: list[str], hint: str) -> None:
    document = deployment(of=reference).replace(f"    name: {reference['name']}", f"    name: §{reference['name']}")
    assert loader.refuse_at(document, *models) == (
        f'spec.modelRef.name: there is no ClusterModel "{reference["name"]}"{hint} [SW212]'
    )


def test_a_reference_to_no_model_of_the_namespace(loader: Loader) -> None:
    document = deployment(of={"kind": "Model", "name": "MARK"}).replace("MARK", "§gemma")
    assert loader.refuse_at(document, model(kind="Model", name="other", namespace="team-b")) == (
        f'spec.modelRef.name: there is no Model "gemma" in namespace team-a{LOAD_IT} [SW212]'
    )
    assert loader.refuse_at(document, model(kind="Model", namespace="tema-a")) == (
        f'spec.modelRef.name: there is no Model "gemma" in namespace team-a{elsewhere("tema-a")} [SW212]'
    )
    assert loader.refuse_at(document, model()) == (
        'spec.modelRef.name: there is no Model "gemma" in namespace team-a; '
        "there is a ClusterModel of that name: write kind: ClusterModel [SW212]"
    )
    loader.load(document.replace("§", ""), model(kind="Model", namespace="team-a"))


@pytest.mark.parametrize(
    ("one", "label"),
    [
        (environment("a"), 'InferenceEnvironment "a"'),
        (model("a"), 'ClusterModel "a"'),
        (model("a", kind="Model", namespace="x"), 'Model "a" in namespace x'),
        (deployment("a", namespace="x", of={"name": "gemma"}), 'ModelDeployment "a" in namespace x'),
    ],
)
def test_two_documents_of_one_name(loader: Loader, one: str, label: str) -> None:
    other, rest = one.replace("name: a\n", "name: §a\n"), [model()]
    assert loader.refuse(one, *rest, other.replace("§", "")) == [
        f"2.yaml:4:9: metadata.name: {label} is declared at 0.yaml:4 already; rename or remove one of the two [SW210]"
    ]
    loader.load(one, *rest, one.replace("name: a\n", "name: b\n").replace("google/gemma", "google/other"))


def test_models_of_two_namespaces_may_share_a_name(loader: Loader) -> None:
    loader.accept(
        model(), model(kind="Model", namespace="team-a"), model(kind="Model", namespace="team-b"), environment("e")
    )


EU, US = {"matchLabels": {"region": "eu"}}, {"matchLabels": {"region": "us"}}


CONCURRENCY = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}


def test_two_services_of_one_model_in_one_environment(loader: Loader) -> None:
    fleet = loader.load(deployment("one"), deployment("two"), model(), environment("e"))
    assert [each.metadata.name for each in fleet.deployments] == ["one", "two"]
    assert fleet.advice == ()


def counted_together(loader: Loader, *documents: str) -> list[str]:
    return [str(advice) for advice in loader.load(*documents).advice if advice.code == "SW330"]


def test_an_older_keda_counts_two_services_of_one_name_together(loader: Loader) -> None:
    documents = [deployment("one", scaling=CONCURRENCY), deployment("two"), model(), environment("e"), environment("f")]
    (line,) = counted_together(loader, *documents)
    assert line == (
        'ModelDeployment team-a/one: spec.servedModelName: deployment two of this namespace serves "google/gemma" too, '
        "and both may run in e: KEDA 2.19 would add up the requests of both; run KEDA 2.20 or later there, or write "
        "another servedModelName [SW330]"
    )
    other_name = deployment("one", scaling=CONCURRENCY, servedModelName="gemma-canary")
    assert counted_together(loader, other_name, *documents[1:]) == []
    assert counted_together(loader, deployment("one"), *documents[1:]) == []


def test_two_models_of_one_model_name_are_counted_together_too(loader: Loader) -> None:
    mine = deployment("two", of={"kind": "Model", "name": "mine"}, scaling=CONCURRENCY)
    documents = [deployment("one"), mine, model(), model("mine", kind="Model", namespace="team-a"), environment("e")]
    assert len(counted_together(loader, *documents)) == 1


def test_a_name_of_its_own_may_be_that_of_another_model(loader: Loader) -> None:
    renamed = deployment("two", of={"name": "other"}, scaling=CONCURRENCY, servedModelName="google/gemma")
    other = model("other").replace("google/gemma\n", "google/other\n", 1)
    assert len(counted_together(loader, deployment("one"), renamed, model(), other, environment("e"))) == 1


def test_all_but_one_of_many_services_of_one_name_are_warned_of(loader: Loader) -> None:
    many = [deployment(f"d{index}", scaling=CONCURRENCY) for index in range(5)]
    found = counted_together(loader, *many, model(), environment("e"), environment("f").replace("name: f", "name: g"))
    assert [line.partition(":")[0] for line in found] == [f"ModelDeployment team-a/d{index}" for index in range(1, 5)]


SCALED = deployment("one", scaling=CONCURRENCY)


def pool_labels(name: str, **labels: str) -> str:
    (pool,) = [{"name": "p", "acceleratorType": "l4", "acceleratorCount": 1, "capabilities": {"memoryPerGpu": "24Gi"}}]
    document = minimal("InferenceEnvironment", ("spec", "nodePools"), [{**pool, "labels": labels}])
    return document.replace("name: mig-a\n", f"name: {name}\n", 1)


@pytest.mark.parametrize(
    ("one", "other", "environments"),
    [
        pytest.param(SCALED, deployment("two"), [], id="no environment"),
        pytest.param(SCALED, deployment("two", namespace="team-b"), [environment("e")], id="two namespaces"),
        pytest.param(
            deployment("one", environmentSelector=EU, scaling=CONCURRENCY),
            deployment("two", environmentSelector=US),
            [environment("e", region="eu"), environment("f", region="us")],
            id="selectors that exclude each other",
        ),
        pytest.param(
            deployment("one", environmentSelector=EU, scaling=CONCURRENCY),
            deployment("two"),
            [environment("f", region="us")],
            id="no environment for both",
        ),
        pytest.param(
            SCALED,
            deployment("two", nodePoolSelector={"matchLabels": {"tier": "b"}}),
            [pool_labels("e", tier="a")],
            id="no pool for one",
        ),
    ],
)
def test_what_cannot_share_an_environment_is_not_counted_together(
    loader: Loader, one: str, other: str, environments: list[str]
) -> None:
    assert counted_together(loader, one, other, model(), *environments) == []


def test_profiles_that_exclude_an_environment_are_not_counted_there(loader: Loader) -> None:
    selective = minimal("Model", ("spec", "serving"), [{"name": "p", "environmentSelector": EU}])
    selective = selective.replace("metadata:\n  name: gemma", "metadata:\n  name: gemma\n  namespace: team-a", 1)
    documents = [SCALED, deployment("two", of={"kind": "Model", "name": "gemma"}), model(), selective]
    assert counted_together(loader, *documents, environment("f", region="us")) == []
    assert len(counted_together(loader, *documents, environment("e", region="eu"))) == 1
