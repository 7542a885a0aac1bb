"""Declare every object of a file as a CustomResource, each through the provider of its environment."""

import json
from pathlib import Path

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource

fleet = json.loads(Path("objects.json").read_text(encoding="utf-8"))
providers = {
    name: Provider(f"{name}-provider", kubeconfig=pulumi.Output.secret(""), cluster_identifier=name)
    for name in fleet["environments"]
}
for each in fleet["placements"]:
    item = each["object"]
    CustomResource(
        each["name"],
        api_version=item["apiVersion"],
        kind=item["kind"],
        metadata=item["metadata"],
        spec=item["spec"],
        opts=pulumi.ResourceOptions(provider=providers[each["environment"]]),
    )
