"""Small changes of a text, as people and machines make them: to bytes, lines, words and YAML nodes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.sources.yaml_limits import refuse_deep_nesting

# Words that a parser, a type, a template, a shell or a terminal may take for something else than text.
WORDS = (
    *("", "~", "null", "true", "yes", "off", "0", "-1", "1", "2", "7", "8", "1.5", "1e3", "1e400", ".nan", "-.inf"),
    *("0x1F", "0o17", "017", "1_000", "190:20:30", "2026-01-01", "2026-01-01T00:00:00Z", "9" * 39, "9" * 41, "="),
    *("{}", "[]", "[[]]", "{a: b}", "[a, b]", "- a", "? a", "&a x", "*a", "<<: *a", "&a [*a]", "|", ">-", "%YAML 1.2"),
    *("!!str 1", "!!int x", "!!float 1", "!!bool maybe", "!!set {a}", "!!binary aGk=", "!!timestamp x", "! x", "!a b"),
    *("!!python/object/apply:os.system [id]", "!!merge a", "!!null x", "!!seq {}", "!!map []", "!!omap [a: b]"),
    *("'{{ .Name }}'", "'{{'", "$(id)", "`id`", "'a;b|c>d'", "'*'", "'../../x'", '"a\\0b"', '"\\e[31m"', '"\\u2028"'),
    *('"\\ud800"', '"\\U0001F600"', "é", "ﬁ", "\u202eabc", "\ufeff", "\t", "a" * 300, "'a: b'", "# a", "---", "..."),
    *(
        "40Gi",
        "40G",
        "40GB",
        "40.5Gi",
        "500m",
        "1E",
        "1e30",
        "0.0000000000000000001",
        "+1",
        "9223372036854775807",
        "1n",
    ),
    *("3g.40gb", "1g.10gb", "1g.10gb+me", "1g.24gb-me", "7g.80gb", "3g.45gb", "mig-3g.40gb", "mixed", "single"),
    *("nvidia-h100-80gb", "h100", "nvidia-l4", "NVIDIA-A100-SXM4-40GB", "nvidia-h800-next", "b200", "a30", "t4"),
    *("pcie", "nvlink", "fp8", "int4", "ib-400g", "400g", "any", "only", "never", "none", "preferred", "vLLM"),
    *("Existing", "GKE", "EKS", "HuggingFace", "Fixed", "Concurrency", "Exists", "Equal", "NoExecute", "NoSchedule"),
    *("InferenceEnvironment", "ClusterModel", "Model", "ModelDeployment", "modelplane.ai/v1alpha1", "default"),
    *("1000000", "1000001", "1024", "100", "3600", "3601", "9223372036854775808", "-9223372036854775809"),
)
FIELDS = (
    *("apiVersion", "kind", "metadata", "spec", "name", "namespace", "labels", "cluster", "source", "existing", "gke"),
    *("eks", "secretRef", "key", "nodePools", "nodeSelector", "tolerations", "operator", "value", "effect", "zones"),
    *("tolerationSeconds", "acceleratorType", "acceleratorCount", "nodeCount", "maxNodeCount", "allocatable", "cpu"),
    *("memory", "reservedUnits", "capabilities", "memoryPerGpu", "interconnect", "precisionSupport", "enabled"),
    *("multiNodeCapable", "nvlinkDomainSize", "interNodeBandwidth", "migConfiguration", "profile", "strategy"),
    *("slicesPerGpu", "model", "huggingFace", "repo", "revision", "resources", "serving", "environmentSelector"),
    *("matchLabels", "engine", "image", "args", "replicaTopology", "nodes", "gpusPerNode", "requires", "mig"),
    *("parallelism", "tensor", "pipeline", "data", "dataLocal", "expert", "spread", "modelRef", "environments"),
    *("nodePoolSelector", "priority", "scaling", "signal", "fixed", "replicas", "concurrency", "minReplicas"),
    *("maxReplicas", "target", "utilization", "scaleDownDelay", "<<", "project", "location", "region", "subnetIds"),
)
_WORD = re.compile(r"[^\s:,\[\]{}]+")


def mutate(text: str, random: Random, others: tuple[str, ...] = ()) -> str:
    """Return `text` after one to four changes; `others` are texts to borrow from."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 4))):
        text = random.choice(_CHANGES)(text, random, others)
    return text


def _character(text: str, random: Random, _others: tuple[str, ...]) -> str:
    at = random.randint(0, len(text))
    inserted: str = random.choice((*"\t\n \r:-?[]{}&*!|>'\"%@`#,=~\\$<\x00\x1b\x7f\x85\u2028\ufeffé§", ""))
    return text[:at] + inserted + text[at + random.choice((0, 1, 1, 5)) :]


def _line(text: str, random: Random, others: tuple[str, ...]) -> str:
    lines = text.split("\n")
    first = random.randrange(len(lines))
    last = min(len(lines), first + random.choice((1, 1, 2, 5, 20)))
    part = lines[first:last]
    to = random.randint(0, len(lines))
    other = random.choice(others or (text,)).split("\n")
    borrowed = random.randrange(len(other))
    change = random.randrange(6)
    if change == 0:
        lines[first:last] = []
    elif change == 1:
        lines[to:to] = part
    elif change == 2:
        lines[first:last] = part[::-1]
    elif change == 3:
        lines[first:last] = [" " * random.choice((1, 2, 4)) + line for line in part]
    elif change == 4:
        lines[first:last] = [line.removeprefix("  ") for line in part]
    else:
        lines[first:last] = other[borrowed : borrowed + random.choice((1, 3, 10, 30))]
    return "\n".join(lines)


def _word(text: str, random: Random, others: tuple[str, ...]) -> str:
    words = list(_WORD.finditer(text))
    if not words:
        return random.choice(WORDS)
    chosen = random.choice(words)
    borrowed = _WORD.findall(random.choice(others or (text,))) or [""]
    new = random.choice((random.choice(WORDS), random.choice(WORDS), random.choice(FIELDS), random.choice(borrowed)))
    return text[: chosen.start()] + new + text[chosen.end() :]


def _node(text: str, random: Random, _others: tuple[str, ...]) -> str:
    """Change the document's tree: drop, copy or replace a part, or give it an anchor and an alias."""
    try:
        # PyYAML overflows the stack on towers, and takes the fuzzer with it.
        refuse_deep_nesting(text, "")
        documents = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        places = [place for document in documents for place in _places(document)]
        if not places:
            return text
        chosen, other = random.choice(places), random.choice(places)
        change = random.randrange(4)
        holder, index = chosen
        if change == 0:
            del holder.value[index]
        elif change == 1:
            holder.value.insert(index, holder.value[index])
        elif change == 2:
            _set(holder, index, _get(*other))
        else:
            _set(holder, index, yaml.compose(random.choice(WORDS), Loader=yaml.CSafeLoader))
        return str(yaml.serialize_all(documents))
    except (InvalidInputError, yaml.YAMLError, RecursionError, ValueError, AttributeError):
        return text


def _json(text: str, random: Random, _others: tuple[str, ...]) -> str:
    """Change JSON's tree: replace, drop or copy a part."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    places: list[tuple[Any, Any]] = []
    pending = [data]
    while pending:
        part = pending.pop()
        keys: list[Any] = (
            list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
        )
        places += [(part, key) for key in keys]
        pending += [part[key] for key in keys]
    if not places:
        return text
    (holder, key), (other, other_key) = random.choice(places), random.choice(places)
    change = random.randrange(4)
    if change == 0:
        del holder[key]
    elif change == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[key] = copy.deepcopy(random.choice((other[other_key], *_JSON_VALUES)))
    return json.dumps(data, indent=1)


_JSON_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2,
    3,
    10**6,
    10**30,
    1.5,
    float("inf"),
    "",
    "a",
    "\ud800",
    "\x1b[31m",
    [],
    {},
    [{}],
)


def _places(node: Any) -> list[tuple[Any, int]]:  # noqa: ANN401 - PyYAML's nodes
    places: list[tuple[Any, int]] = []
    seen: set[int] = set()
    pending = [node]
    while pending:
        node = pending.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
            continue
        seen.add(id(node))
        places += [(node, index) for index in range(len(node.value))]
        pending += [_get(node, index) for index in range(len(node.value))]
    return places


def _get(holder: Any, index: int) -> Any:  # noqa: ANN401
    return holder.value[index][1] if isinstance(holder, yaml.MappingNode) else holder.value[index]


def _set(holder: Any, index: int, new: Any) -> None:  # noqa: ANN401
    holder.value[index] = (holder.value[index][0], new) if isinstance(holder, yaml.MappingNode) else new


_CHANGES: tuple[Callable[[str, Random, tuple[str, ...]], str], ...] = (
    _character,
    _line,
    _word,
    _word,
    _word,
    _node,
    _json,
)
