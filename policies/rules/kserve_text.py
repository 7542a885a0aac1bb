"""What KServe does to the text in a service: it is a Go template, and the arguments go through a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Field, Pod, is_service, properties, workloads
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked

_QUOTED: Final = re.compile(r"'[^']*'")
# shlex.quote writes a single quote within single quotes like this.
_QUOTED_QUOTE: Final = "'\"'\"'"
_SHELL: Final = re.compile(r"[\s\"'$`;&|<>(){}*?\\!#~]")


def _check_templates(resource: Resource, _: Config) -> Iterator[Outcome]:
    for text in properties(resource)["spec"].texts():
        if not text.known:
            yield Unchecked(text.path)
        elif "{{" in (text.text() or ""):
            problem = (
                "has {{, and KServe renders every text of a service as a Go template: what it cannot render stops it"
            )
            yield Finding(text.path, problem, "write the value itself; put JSON braces apart ({ {) or into a ConfigMap")


def _check_quotes(resource: Resource, _: Config) -> Iterator[Outcome]:
    return each(workloads(properties(resource)["spec"]), _of_workload)


def _of_workload(workload: Field) -> Iterator[Outcome]:
    if workload["worker"].present or not workload["template"].present:
        return
    main = Pod(workload["template"], by_kserve=True).main
    # With a command of its own, the container runs no script of KServe's.
    if main and not main["command"].present:
        yield from each(main["args"].elements(), _unquoted)


def _unquoted(argument: Field) -> Iterator[Outcome]:
    text = argument.text() or ""
    bare = _QUOTED.sub("", text.replace(_QUOTED_QUOTE, ""))
    found = _SHELL.search(bare)
    if found:
        problem = f"KServe's preset runs arguments through the shell's eval, which takes {found[0]!r} as its own"
        yield Finding(argument.path, problem, "put single quotes around it, inside the string (in Python: shlex.quote)")


TEMPLATE_TEXT: Final = ResourceRule(
    name="kserve-template-text",
    description="No text in a service contains {{, which KServe would take for a template.",
    remedy="Write values, not templates, into services; templates belong in LLMInferenceServiceConfigs.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check_templates,
)
ARGS_QUOTED: Final = ResourceRule(
    name="kserve-args-quoted",
    description="Arguments of a single-node service survive the shell that KServe's preset runs them through.",
    remedy="Quote arguments with JSON, spaces or shell characters once more, inside the string.",
    severity=PolicySeverity.MEDIUM,
    level=Level.ADVISORY,
    applies=is_service,
    check=_check_quotes,
)
