"""Mutants of what runs in the pods, of what KServe makes of it, and of how it gets to the cluster."""

from __future__ import annotations

from typing import Final

from tests.policies.mutation.breaking import Break, Mutant, add, both, drop, put, turn
from tests.policies.mutation.targets import (
    ARGS,
    CONFIG,
    ELASTIC,
    ENV,
    MAIN,
    MULTI,
    PROVIDER,
    SLICE,
    TEMPLATE,
    TINY,
    WHOLE,
    WORKER,
)

_WORKER_MAIN: Final = (*WORKER, "containers", 0)
_TERMS: Final = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
_DIGESTS: Final = {"image-pinned": {"digest": True}}
# Put together here, so that no scanner of this repository takes them for real ones.
_HUGGING_FACE: Final = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz01234567"
_RANDOM: Final = "q7Zr2Xk9" + "Lm4Vt8Wc3Np6Yb1D"


def _named(name: str) -> Break:
    return put("metadata", "name", value=name)


IMAGES: Final = (
    Mutant("an image without a tag", SLICE, put(*MAIN, "image", value="vllm/vllm-openai"), "image-pinned"),
    Mutant("the image latest", SLICE, put(*MAIN, "image", value="vllm/vllm-openai:latest"), "image-pinned"),
    Mutant("a registry's port for a tag", SLICE, put(*MAIN, "image", value="local:5000/vllm"), "image-pinned"),
    Mutant(
        "the image latest in a shared config",
        CONFIG,
        put(*MAIN, "image", value="ghcr.io/llm-d/llm-d-cuda:latest"),
        "image-pinned",
    ),
    Mutant(
        "a version where digests are asked for",
        TINY,
        put(*MAIN, "image", value="vllm/vllm-openai:v0.20.0"),
        "image-pinned",
        config=_DIGESTS,
    ),
)
_URI: Final = ("spec", "model", "uri")
_EXACT: Final = {"weights-pinned": {"exact": True}}
# The demo's own weights are of a branch, which is another mistake where commits are asked for.
_COMMIT: Final = "005ad3404e59d6023443cb575daa05336842228a"
WEIGHTS: Final = (
    Mutant("weights in an image without a tag", SLICE, put(*_URI, value="oci://local:5000/gemma"), "weights-pinned"),
    Mutant("weights in an image latest", SLICE, put(*_URI, value="oci://hub.example.com/g:latest"), "weights-pinned"),
    Mutant(
        "weights in the image latest, mounted by Kubernetes",
        SLICE,
        put(*_URI, value="oci+native://hub.example.com/g"),
        "weights-pinned",
    ),
    *(
        Mutant(f"{name} where exact ones are asked for", TINY, put(*_URI, value=uri), "weights-pinned", config=_EXACT)
        for name, uri in {
            "a tag of an image of weights": "oci://hub.example.com/g:v1",
            "a branch of weights": "hf://google/gemma:main",
            "no revision of weights": "hf://google/gemma",
            "a part of a commit": f"hf://google/gemma:{_COMMIT[:7]}",
        }.items()
    ),
    Mutant(
        "a branch of an adapter where exact ones are asked for",
        TINY,
        both(
            put(*_URI, value=f"hf://google/gemma:{_COMMIT}"),
            put("spec", "model", "lora", value={"adapters": [{"name": "sql", "uri": "hf://team/sql:main"}]}),
        ),
        "weights-pinned",
        config=_EXACT,
    ),
)
SECRETS: Final = tuple(
    Mutant(name, SLICE, breaks, "no-secret-values")
    for name, breaks in {
        "a token in env": add(*ENV, value={"name": "HF_TOKEN", "value": _HUGGING_FACE}),
        "a token under another name": add(*ENV, value={"name": "HUB", "value": _HUGGING_FACE}),
        "a password, by its name": add(*ENV, value={"name": "DB_PASSWORD", "value": "tulip"}),
        "a random key": add(*ENV, value={"name": "VALUE", "value": _RANDOM}),
        "a key in hexadecimal": add(*ENV, value={"name": "VALUE", "value": "0123456789abcdef" * 3}),
        "a key in an argument": add(*ARGS, value="--api-key=tulips"),
        "a key in two words": put(*ARGS, value=["--api-key", "tulips"]),
        "a token for the init container": put(
            *TEMPLATE, "initContainers", 0, "env", value=[{"name": "HF_TOKEN", "value": _HUGGING_FACE}]
        ),
        "a password in a URL": add(*ENV, value={"name": "PROXY", "value": "http://me:tulips@proxy"}),
    }.items()
)
OWN_SECRETS: Final = (
    Mutant(
        "a secret of the organisation's own kind",
        SLICE,
        add(*ENV, value={"name": "VALUE", "value": "acme-7"}),
        "no-secret-values",
        config={"no-secret-values": {"patterns": ["^acme-"]}},
    ),
)
MAIN_CONTAINER: Final = (
    Mutant("no container called main", WHOLE, put(*MAIN, "name", value="engine"), "main-container"),
)
AGREEMENT: Final = tuple(
    Mutant(f"a worker with {name}", MULTI, breaks, "pod-specs-agree")
    for name, breaks in (
        ("other nodes", put(*WORKER, "nodeSelector", value={"pool": "other"})),
        ("fewer node groups", put(*WORKER, *_TERMS, 0, "matchExpressions", 0, "values", value=["whole-a"])),
        ("a second term", add(*WORKER, *_TERMS, value={"matchExpressions": [{"key": "pool", "operator": "Exists"}]})),
        ("an image of its own", put(*_WORKER_MAIN, "image", value="vllm/vllm-openai:v1")),
        ("other resources", put(*_WORKER_MAIN, "resources", "limits", "cpu", value="64")),
        ("other arguments", put(*_WORKER_MAIN, "args", value=["--seed=1"])),
        ("another environment", put(*_WORKER_MAIN, "env", value=[{"name": "A", "value": "b"}])),
        ("more tolerations", add(*WORKER, "tolerations", value={"operator": "Exists"})),
    )
)
SERVICE_NAMES: Final = tuple(
    # Under another name it is not the service that was planned.
    Mutant(name, target, breaks, "service-name", also=("plan-complete",))
    for name, target, breaks in (
        ("a name in capitals", SLICE, _named("Gemma")),
        ("a name that begins with a digit", SLICE, _named("3-gemma")),
        ("a name that ends with a dash", SLICE, _named("gemma-")),
        ("a name of 64 characters", SLICE, _named("g" * 64)),
        ("a name of 39 on several nodes", MULTI, _named("h" * 39)),
        ("a name of 44 autoscaled by KServe", ELASTIC, both(_named("e" * 44), put("spec", "scaling", value={}))),
    )
)
ROUTERS: Final = tuple(
    Mutant(name, SLICE, put("spec", "router", value=router), "router-complete")
    for name, router in {
        "a group without weight": {"route": {"group": "chat"}},
        "a weight without group": {"route": {"weight": 1}},
        "a scheduler without route": {"scheduler": {}},
    }.items()
)
TEMPLATES: Final = (
    Mutant("a template in an argument", SLICE, add(*ARGS, value="'{\"a\":{{}}'"), "kserve-template-text"),
    Mutant("a template in a label", SLICE, put("spec", "labels", value={"a": "{{ .Name }}"}), "kserve-template-text"),
)
QUOTES: Final = tuple(
    Mutant(f"an argument with {name}", TINY, add(*ARGS, value=argument), "kserve-args-quoted")
    for name, argument in {
        "JSON": '--override={"a":1}',
        "a blank": "--served-model-name=a b",
        "a variable": "--port=$PORT",
        "a second command": "--seed=1;reboot",
        "a glob": "--model=*",
    }.items()
)
ENGINES: Final = (
    Mutant(
        "an engine that may not start",
        SLICE,
        put("metadata", "annotations", "slicewise.dev/engine-memory", value="cannot-say"),
        "engine-memory",
    ),
    Mutant(
        "a prefill engine that may not start",
        SLICE,
        put("metadata", "annotations", "slicewise.dev/prefill-engine-memory", value="does-not-fit"),
        "engine-memory",
    ),
)
PROVIDERS: Final = (
    Mutant("the ambient cluster", SLICE, turn(provider="default_4_34_2"), "provider-explicit"),
    Mutant("the ambient cluster for a config", CONFIG, turn(provider="default"), "provider-explicit"),
    Mutant("no identifier of the cluster", PROVIDER, drop("clusterIdentifier"), "provider-identified"),
    Mutant("an empty identifier", PROVIDER, put("clusterIdentifier", value=""), "provider-identified"),
    Mutant("a kubeconfig in the open", PROVIDER, turn(secrets=frozenset()), "kubeconfig-secret"),
)
MUTANTS: Final = (
    *IMAGES,
    *WEIGHTS,
    *SECRETS,
    *OWN_SECRETS,
    *MAIN_CONTAINER,
    *AGREEMENT,
    *SERVICE_NAMES,
    *ROUTERS,
    *TEMPLATES,
    *QUOTES,
    *ENGINES,
    *PROVIDERS,
)
