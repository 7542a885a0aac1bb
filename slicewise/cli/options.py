"""What the commands take: each type is one argument or option, with the words that `--help` has for it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from slicewise.cli.help_format import one_of
from slicewise.cli.option_checks import checked_name, checked_owner, checked_secret
from slicewise.documents import KINDS
from slicewise.planning import AccountsBy, OnShortfall


class PlanOutput(StrEnum):
    """How a plan is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    SVG = "svg"
    MARKDOWN = "markdown"


class LayoutOutput(StrEnum):
    """How a layout is written."""

    TABLE = "table"
    JSON = "json"
    SVG = "svg"
    DOCUMENTS = "documents"
    MIG_PARTED = "mig-parted"


class Output(StrEnum):
    """How an explanation, or the result of verifying, is written."""

    TABLE = "table"
    JSON = "json"


DocumentKind = StrEnum("Kind", {kind: kind for kind in KINDS})  # type: ignore[misc]  # the kinds are known once the spec is loaded


def _option(metavar: str, help_: str, **settings: Any) -> Any:  # noqa: ANN401 - as typer has it
    return typer.Option(metavar=metavar, help=help_, show_default=False, **settings)


# What several commands take.
Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, directories of *.yaml and *.yml files (DIR/**: those below it, too), or - for standard input.",
        show_default=False,
    ),
]
Previous = Annotated[
    Path | None,
    _option(
        "PLAN.json", "An earlier plan (`plan --output json`, or `pulumi stack output --json`): what it placed stays."
    ),
]
_OUTPUT: Final = ("--output", "-o")
TableOrJson = Annotated[Output, typer.Option(*_OUTPUT, **one_of(Output), help="A table for people, or JSON for tools.")]

# plan
PlanAs = Annotated[
    PlanOutput,
    typer.Option(
        *_OUTPUT,
        **one_of(PlanOutput),
        help="A table for people, the plan as JSON or YAML for tools, a picture of the pools as SVG, or Markdown for a "
        "comment on a pull request.",
    ),
]
EveryPlacement = Annotated[
    bool, typer.Option("--all", help="With an earlier plan: also show in the tables what is unchanged.")
]

By = Annotated[
    AccountsBy | None,
    typer.Option(
        **one_of(AccountsBy),
        help="Sums by namespace or by deployment instead: replicas, units, GiB, GPU equivalents, and prices if pools "
        "have them.",
    ),
]

# size
SizedWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL PATH",
        help="A model of the documents, by its name or NAMESPACE/NAME, and the documents. Left out: --config.",
        show_default=False,
    ),
]
ConfigFile = Annotated[Path | None, _option("FILE", "Without documents: the model's config.json.")]
FromHub = Annotated[
    str | None, _option("REPO", "Write down the architecture of a model on the Hugging Face Hub, and judge nothing.")
]
CheckpointBytes = Annotated[
    int | None, _option("BYTES", "Bytes of the model's safetensors files, to check the config by.", min=1)
]
VllmVersionName = Annotated[str | None, _option("VERSION", "vLLM's version. Left out: that of KServe's preset.")]
EngineArguments = Annotated[
    str, typer.Option(metavar="ARGS", help="vLLM's arguments, as in a shell.", show_default=False)
]
OnUnit = Annotated[str | None, _option("GPU[/PROFILE]", "The unit: h100-80gb/3g.40gb, or h100-80gb for the whole GPU.")]
UnitMemory = Annotated[str | None, _option("AMOUNT", "Instead of --on: the memory of a slice or GPU, such as 39.5Gi.")]

# layout
LayoutPaths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help="Documents, as for plan. Left out: --gpu and --slices.", show_default=False),
]
NodePools = Annotated[
    list[str] | None,
    _option("POOL", "Cut this pool only, by its name or ENVIRONMENT/POOL; may be repeated. Left out: all."),
]
MayMove = Annotated[
    bool,
    typer.Option("--move", help="Let what runs move where that serves more, so that it always has a place."),
]
LayoutAs = Annotated[
    LayoutOutput,
    typer.Option(
        *_OUTPUT,
        **one_of(LayoutOutput),
        help="A table for people, JSON for tools, a picture of the GPUs as SVG, the changed InferenceEnvironments, or "
        "the configuration of NVIDIA's MIG manager.",
    ),
]
GpuToCut = Annotated[str | None, _option("GPU", "Without documents: the GPU model, such as a100-80gb.")]
AskedSlices = Annotated[str | None, _option("PROFILE=COUNT,...", "The slices: 1g.10gb=5,3g.40gb=2.")]
GpusGiven = Annotated[
    int | None, _option("COUNT", "GPUs that there are. Left out: the fewest that have all slices.", min=0, max=100_000)
]

# explain
Deployment = Annotated[
    str,
    typer.Argument(
        metavar="DEPLOYMENT",
        help="Its namespace/name, or its name alone if no other deployment has it.",
        show_default=False,
    ),
]

# render
OutputDirectory = Annotated[Path, _option("DIR", "Where to write: a directory for each environment, made if missing.")]
RenderOwner = Annotated[
    str | None,
    _option(
        "NAME",
        "Whose manifests these are; only files of the same owner are replaced or removed. "
        "Left out: the PATHs, as seen from DIR.",
        callback=checked_owner,
    ),
]
PlanAfresh = Annotated[
    bool, typer.Option("--fresh", help="Plan without the plan of the last rendering: what runs may move.")
]
AllowMoves = Annotated[
    bool, typer.Option("--allow-moves", help="Write the manifests even if something leaves the pool it runs in.")
]
CreateNamespaces = Annotated[
    bool, typer.Option("--create-namespaces", help="Write the namespaces of the services, too.")
]
CreateDeviceClasses = Annotated[
    bool,
    typer.Option(
        "--create-device-classes", help="Write the DeviceClasses of pools with allocation: extendedResource, too."
    ),
]
WhenShort = Annotated[
    OnShortfall,
    typer.Option(
        **one_of(OnShortfall),
        help="When a deployment gets fewer environments than it asks for: fail changes nothing, warn goes on.",
    ),
]

# init
NewProject = Annotated[Path, typer.Argument(metavar="DIR", help="Where; made if missing.", show_default=False)]
ProjectName = Annotated[str | None, _option("NAME", "The project's name in Pulumi. Left out: the directory's.")]

# discover reads one cluster, verify several: the same options, for one environment and for each.
_STACK = "ORGANIZATION/PROJECT/STACK"
_OF_EACH = "[ENVIRONMENT=]"
KubeconfigFile = Annotated[
    Path | None,
    _option("FILE", "The cluster's kubeconfig. Left out: $KUBECONFIG, else ~/.kube/config, as kubectl does."),
]
KubeconfigFiles = Annotated[
    list[str] | None,
    _option(
        f"{_OF_EACH}FILE",
        "The kubeconfig of an environment; may be repeated. For one environment: as kubectl finds it.",
    ),
]
KubeconfigContext = Annotated[str | None, _option("CONTEXT", "The context, if not the current one.")]
KubeconfigContexts = Annotated[
    list[str] | None,
    _option(f"{_OF_EACH}CONTEXT", "The context in that kubeconfig, if not the current one; may be repeated."),
]
StackOfCluster = Annotated[
    str | None, _option(_STACK, "The stack that it is for: what pods of other stacks hold is reserved, too.")
]
StacksOfDocuments = Annotated[
    list[str] | None,
    _option(_STACK, "A stack that applies the documents; may be repeated. Services of any other count as others'."),
]
EnvironmentName = Annotated[
    str | None, _option("ENVIRONMENT", "The environment's name. Left out: the context's.", callback=checked_name)
]
SecretName = Annotated[
    str | None,
    _option(
        "SECRET",
        "The secret that holds the kubeconfig for the stack. Left out: ENVIRONMENT-kubeconfig.",
        callback=checked_secret,
    ),
]
Environments = Annotated[
    list[str] | None, _option("NAME", "Look at this environment only; may be repeated. Left out: all.")
]

# errors
ErrorCode = Annotated[
    str | None,
    typer.Argument(metavar="CODE", help="A code, for example SW204. Left out: a list of all.", show_default=False),
]

# schema
SchemaKind = Annotated[
    DocumentKind | None,
    typer.Argument(
        parser=one_of(DocumentKind)["parser"],
        metavar="KIND",
        help=f"{', '.join(KINDS)}. Left out: one schema for files of any kind.",
        show_default=False,
    ),
]
