"""Pulumi programs for the pack to look at."""

from __future__ import annotations

# Found fault with as a whole: no resource is the culprit.
OF_THE_STACK = {"pool-capacity", "plan-complete"}
# One resource for each policy, named after it, which breaks that policy (some break another with it).
EVERY_MISTAKE = """
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

RANDOM = "q7Rz2LmX9" + "vKt4WpB8sYd"
cluster = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret(""), cluster_identifier="cluster")
kubernetes.Provider("provider-identified", kubeconfig=pulumi.Output.secret("kind: Config"))
kubernetes.Provider("kubeconfig-secret", kubeconfig="kind: Config", cluster_identifier="open")


def main(gpu="nvidia.com/mig-3g.40gb", count="1", **more):
    return {"name": "main", "resources": {"limits": {gpu: count}}} | more


def pod(*containers, **more):
    selector = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    whole = {"nodeSelector": selector, "tolerations": [toleration], "containers": [*containers] or [main()]}
    return {key: value for key, value in (whole | more).items() if value is not None}


def service(name, template=None, ambient=False, called=None, memory=None, verdict=None, **spec):
    annotations = {"slicewise.dev/environment": "e", "slicewise.dev/node-pool": "p" if name == "pool-capacity" else "q"}
    if memory:
        annotations["slicewise.dev/required-memory-per-gpu"] = memory
    if verdict:
        annotations["slicewise.dev/engine-memory"] = verdict
    CustomResource(
        name,
        api_version="serving.kserve.io/v1alpha2",
        kind="LLMInferenceService",
        metadata={"name": called or name, "namespace": "team", "annotations": annotations},
        spec={"model": {"uri": "hf://a/b"}, "template": template or pod()} | spec,
        opts=None if ambient else pulumi.ResourceOptions(provider=cluster),
    )


service("one-slice-per-container", pod(main(count="2")))
service("slice-not-parallel", parallelism={"tensor": 2})
service("gpu-resource-name", pod(main("nvidia.com/mig-1g.10gb+me")))
service(
    "gpu-limits-equal-requests",
    pod(main(resources={"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "2"}})),
)
service("whole-gpu-pinned", pod(main("nvidia.com/gpu"), nodeSelector=None))
service("slice-pinned", pod(nodeSelector=None))
service("gpu-toleration", pod(tolerations=None))
service("profile-allowed", pod(main("nvidia.com/mig-1g.20gb")))
service("slice-would-do", pod(main("nvidia.com/gpu")), memory="9Gi")
service("engine-memory", verdict="does-not-fit")
service("image-pinned", pod(main(image="vllm")))
service("weights-pinned", model={"uri": "oci://registry.example.com/gemma", "name": "gemma"})
service("no-secret-values", pod(main(env=[{"name": "SEED", "value": RANDOM}])))
service("main-container", pod(main(name="vllm")))
eight, four = (pod(main("nvidia.com/gpu", count)) for count in ("8", "4"))
service("pod-specs-agree", eight, worker=four, parallelism={"pipeline": 2})
service("service-name", called="7b")
service("router-complete", router={"scheduler": {}})
service("kserve-template-text", pod(main(args=["{{"])))
service("kserve-args-quoted", pod(main(args=["$HOME"])))
service("provider-explicit", ambient=True)
service("pool-capacity", replicas=3)
service("service-names-unique", called="pool-capacity")
service("autoscaled-replicas", replicas=2)
service("routed", router={"route": {}}, model={"uri": "hf://a/b", "name": "chat"})
service("routed-models-unique", router={"route": {}}, model={"uri": "hf://a/b", "name": "chat"})
CustomResource(
    "scaler",
    api_version="keda.sh/v1alpha1",
    kind="ScaledObject",
    metadata={"name": "scaler", "namespace": "team"},
    spec={"scaleTargetRef": {"name": "autoscaled-replicas-kserve"}},
    opts=pulumi.ResourceOptions(provider=cluster),
)
pulumi.export(
    "nodePools",
    {"e/p": {"environment": "e", "nodePool": "p", "unitsPerNode": 2, "nodes": 1, "units": 2, "allocated": 2}},
)
placed = {"deployment": {"namespace": "team", "name": "missing"}, "environment": "e", "nodePool": "p"}
placed |= {"nodesPerReplica": 1, "resource": "nvidia.com/gpu", "gpusPerNode": 1}
pulumi.export("placements", {"e/team/missing": placed})
"""

# Every typed resource that makes pods, with two slices; and one that makes no GPU pods.
TYPED = """
import pulumi
import pulumi_kubernetes as kubernetes

cluster = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret(""), cluster_identifier="cluster")
opts = pulumi.ResourceOptions(provider=cluster)
limits = {"nvidia.com/mig-3g.40gb": "2"}
pod = {"containers": [{"name": "vllm", "image": "vllm:v1", "resources": {"limits": limits}}]}
labels = {"app": "a"}
template = {"metadata": {"labels": labels}, "spec": pod}
selected = {"selector": {"matchLabels": labels}, "template": template}
kubernetes.core.v1.Pod("pod", spec=pod, opts=opts)
kubernetes.apps.v1.Deployment("deployment", spec=selected, opts=opts)
kubernetes.apps.v1.StatefulSet("stateful-set", spec=selected | {"service_name": "a"}, opts=opts)
kubernetes.apps.v1.DaemonSet("daemon-set", spec=selected, opts=opts)
kubernetes.batch.v1.Job("job", spec={"template": template}, opts=opts)
kubernetes.batch.v1.CronJob(
    "cron-job", spec={"schedule": "* * * * *", "job_template": {"spec": {"template": template}}}, opts=opts
)
web = {"containers": [{"name": "web", "image": "nginx"}]}
kubernetes.apps.v1.Deployment("web", spec=selected | {"template": {"metadata": {"labels": labels}, "spec": web}})
"""

# What a preview does not know: all of a pod, one image, a number of slices, a kubeconfig.
UNKNOWN = """
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

cluster = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret(""), cluster_identifier="cluster")
unknown = cluster.id
kubernetes.Provider("other", kubeconfig=unknown, cluster_identifier=unknown)
selector = {"pool": "a"}
toleration = {"key": "nvidia.com/gpu", "operator": "Exists"}
main = {"name": "main", "image": unknown, "resources": {"limits": {"nvidia.com/mig-3g.40gb": unknown}}}
for name, template in {
    "whole": unknown,
    "parts": {"nodeSelector": selector, "tolerations": [toleration], "containers": [main]},
}.items():
    CustomResource(
        name,
        api_version="serving.kserve.io/v1alpha2",
        kind="LLMInferenceService",
        metadata={"name": name, "namespace": "team", "annotations": {"slicewise.dev/environment": unknown}},
        spec={"template": template, "replicas": unknown},
        opts=pulumi.ResourceOptions(provider=cluster),
    )
pulumi.export("nodePools", unknown.apply(lambda _: {}))
pulumi.export("placements", {"e/team/x": {"environment": unknown}})
"""

# What can be fixed: a spelling and a toleration, beside a secret and a value that is not known.
MENDABLE = """
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

cluster = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret(""), cluster_identifier="cluster")
for name, value in {"plain": cluster.id, "secret": pulumi.Output.secret("hidden")}.items():
    main = {
        "name": "main",
        "args": ["--max-model-len=8192"],
        "env": [{"name": "A", "value": value}],
        "resources": {"limits": {"nvidia.com/mig-1g.10gb+me": "1"}},
    }
    CustomResource(
        name,
        api_version="serving.kserve.io/v1alpha2",
        kind="LLMInferenceService",
        metadata={"name": name, "namespace": "team"},
        spec={"template": {"nodeSelector": {"pool": "a"}, "containers": [main]}},
        opts=pulumi.ResourceOptions(provider=cluster),
    )
"""

# Applied without any cluster: the provider writes files.
RENDERED = """
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

cluster = kubernetes.Provider("cluster", render_yaml_to_directory="rendered", cluster_identifier="cluster")
kubernetes.Provider("secret", kubeconfig=pulumi.Output.secret("kind: Config"), cluster_identifier="secret")
for name, count in {"right": "1", "wrong": "2"}.items():
    main = {"name": "main", "resources": {"limits": {"nvidia.com/mig-3g.40gb": count}}}
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists"}
    CustomResource(
        name,
        api_version="serving.kserve.io/v1alpha2",
        kind="LLMInferenceService",
        metadata={"name": name, "namespace": "team"},
        spec={"template": {"nodeSelector": {"pool": "a"}, "tolerations": [toleration], "containers": [main]}},
        opts=pulumi.ResourceOptions(provider=cluster),
    )
pulumi.export("url", "http://gateway")
"""
