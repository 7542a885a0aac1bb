"""Text that KServe reads as a template or hands to a shell: what passes, what is found, and where."""

from __future__ import annotations

import pytest

from policies.rules.kserve_text import ARGS_QUOTED, TEMPLATE_TEXT
from policies.rules.rule_types import UNKNOWN
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import CONTAINER, container, multi_node, pod_spec, service, whole_gpus


def test_template_text() -> None:
    argument = '--override={"a":{{"b":1}}}'
    assert found(TEMPLATE_TEXT, service(pod_spec(container(args=["{}", "{ {"])))) == []
    assert found(TEMPLATE_TEXT, service(pod_spec(container(args=["-x", argument])))) == [f"{CONTAINER}.args[1]"]
    assert found(TEMPLATE_TEXT, service(annotations={"a": "{{ .Name }}"})) == ["spec.annotations.a"]
    assert unchecked(TEMPLATE_TEXT, service(pod_spec(container(args=[UNKNOWN])))) == [f"{CONTAINER}.args[0]"]


@pytest.mark.parametrize(
    ("argument", "survives"),
    [
        ("--max-model-len=8192", True),
        ("'{\"a\": 1}'", True),
        ("--x='{\"a\": 1}'", True),
        ("'it'\"'\"'s'", True),
        ('{"a": 1}', False),
        ("two words", False),
        ("$HOME", False),
        ("a;b", False),
        ("'open", False),
    ],
)
def test_arguments_survive_the_shell(argument: str, survives: bool) -> None:
    resource = service(pod_spec(container(args=[argument])))
    assert found(ARGS_QUOTED, resource) == ([] if survives else [f"{CONTAINER}.args[0]"])
    assert found(ARGS_QUOTED, service(pod_spec(container(args=[argument], command=["vllm"])))) == []
    assert found(ARGS_QUOTED, multi_node(pod_spec(container(args=[argument])), whole_gpus())) == []
