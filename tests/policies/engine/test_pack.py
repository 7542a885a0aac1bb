"""The pack under the real engine: `pulumi preview --policy-pack` and `pulumi policy analyze`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.program import CHECKOUT
from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.rule_types import Level, ResourceRule, StackRule
from tests.engine.workspace import Workspace
from tests.policies.engine.guarded import PACK, STACK, Guarded, Run
from tests.policies.engine.programs import EVERY_MISTAKE, MENDABLE, OF_THE_STACK, RENDERED, TYPED, UNKNOWN

Make = Callable[[str], Guarded]
ALL_RULES: list[ResourceRule | StackRule] = [*RESOURCE_RULES, *STACK_RULES]
ONLY_NVIDIA_3G = {"profiles": ["3g.40gb", "1g.10gb+me"]}
# In one process, or each would make the preview again.
same_preview = pytest.mark.xdist_group("policies-preview")


@pytest.fixture(scope="module")
def every_mistake(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    return Guarded.create(tmp_path_factory.mktemp("mistakes") / "program", EVERY_MISTAKE)


@pytest.fixture(scope="module")
def first_preview(every_mistake: Guarded) -> Run:
    return every_mistake.preview({"profile-allowed": ONLY_NVIDIA_3G})


@same_preview
@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_every_policy_names_resource_and_remedy(first_preview: Run, rule: ResourceRule | StackRule) -> None:
    violations = first_preview.of_policy(rule.name)

    assert {violation.level for violation in violations} == {rule.level.value}
    named = {violation.resource for violation in violations}
    assert (f"others-{STACK}" if rule.name in OF_THE_STACK else rule.name) in named
    for violation in violations:
        assert violation.message.startswith(rule.description)
        # What is wrong, then what to do.
        assert len(violation.message.removeprefix(rule.description).strip().split("; ")) > 1


# One about services, one about providers, one about the stack, and one that is advisory unless configured.
@pytest.mark.parametrize("policy", ["no-secret-values", "kubeconfig-secret", "plan-complete", "slice-would-do"])
def test_one_mandatory_policy_is_enough_to_block(every_mistake: Guarded, policy: str) -> None:
    run = every_mistake.preview({"all": "disabled", policy: "mandatory"})

    assert run.exit_code != 0
    assert {violation.policy for violation in run.violations} == {policy}


@same_preview
def test_the_events_alone_tell_the_same(first_preview: Run) -> None:
    # That preview had a configuration of this policy.
    assert first_preview.without_the_pack() == {
        violation for violation in first_preview.with_the_pack() if violation.policy != "profile-allowed"
    }


@same_preview
def test_advisory_policies_do_not_block(every_mistake: Guarded, first_preview: Run) -> None:
    assert first_preview.exit_code != 0

    run = every_mistake.preview(
        {"all": "advisory", "profile-allowed": {"enforcementLevel": "advisory"} | ONLY_NVIDIA_3G}
    )

    assert run.exit_code == 0
    assert {violation.level for violation in run.violations} == {"advisory"}
    assert {violation.policy for violation in run.violations} == {rule.name for rule in ALL_RULES}


@same_preview
def test_defaults_alone_block_only_by_mandatory_policies(first_preview: Run) -> None:
    levels = {violation.policy: violation.level for violation in first_preview.violations}
    advisory = {name for name, level in levels.items() if level == "advisory"}
    assert advisory == {rule.name for rule in ALL_RULES if rule.level is Level.ADVISORY}


@pytest.mark.parametrize(
    ("policy", "key", "value"), [("image-pinned", "digest", "yes"), ("no-secret-values", "patterns", ["("])]
)
def test_wrong_configuration_is_refused(every_mistake: Guarded, policy: str, key: str, value: object) -> None:
    run = every_mistake.preview({policy: {key: value}})

    assert run.exit_code != 0
    assert key in run.text
    assert not run.violations


def test_the_demo_stack_is_clean(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")

    run = Run.of(workspace.program.pulumi("preview", "--json", "--stack", "test", "--policy-pack", str(PACK)))

    assert run.exit_code == 0
    assert run.violations == ()


def test_typed_resources_of_other_programs(guarded: Make) -> None:
    run = guarded(TYPED).preview()

    makers = {"pod", "deployment", "stateful-set", "daemon-set", "job", "cron-job"}
    assert {violation.resource for violation in run.of_policy("one-slice-per-container")} == makers
    assert {violation.resource for violation in run.violations} == makers
    assert run.without_the_pack() == run.with_the_pack()


def test_what_is_not_known_does_not_block_and_is_told(guarded: Make) -> None:
    run = guarded(UNKNOWN).preview()

    assert run.exit_code == 0
    assert {violation.level for violation in run.violations} == {"advisory"}
    told = {(violation.policy, violation.resource): violation.message for violation in run.violations}
    for name in ("whole", "parts"):
        assert "not checked: " in told["one-slice-per-container", name]
    limit = 'spec.template.containers[0].resources.limits["nvidia.com/mig-3g.40gb"]'
    assert limit in told["one-slice-per-container", "parts"]
    assert "not checked: spec.template.containers[0].image" in told["image-pinned", "parts"]
    assert "not checked: kubeconfig" in told["kubeconfig-secret", "other"]
    # Names no service, so nothing that it lacks.
    assert "not checked: " in told["plan-complete", f"others-{STACK}"]
    assert run.without_the_pack() == run.with_the_pack()


def test_remediation_fixes_what_is_safe_and_keeps_the_rest(guarded: Make) -> None:
    program = guarded(MENDABLE)
    before = program.preview()
    assert {
        (violation.policy, violation.resource) for violation in before.violations if violation.level == "mandatory"
    } == {(policy, name) for policy in ("gpu-resource-name", "gpu-toleration") for name in ("plain", "secret")}
    # The events leave out what is secret, here all containers: what would be found in them is said not to be checked.
    of_secret = {each for each in before.without_the_pack() if each.urn.endswith("::secret")}
    assert all("not checked: " in each.message or "spec.template.containers" in each.message for each in of_secret)
    assert "gpu-resource-name" in {each.policy for each in of_secret}
    assert before.without_the_pack() - of_secret == {
        each for each in before.with_the_pack() if not each.urn.endswith("::secret")
    }

    run = program.preview({"gpu-resource-name": "remediate", "gpu-toleration": "remediate"})

    assert run.exit_code == 0
    assert {violation.level for violation in run.violations} == {"advisory"}
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    (main,) = run.inputs("plain")["spec"]["template"]["containers"]
    assert main["resources"]["limits"] == {"nvidia.com/mig-1g.10gb.me": "1"}
    assert main["args"] == ["--max-model-len=8192"]
    assert main["env"] == before.inputs("plain")["spec"]["template"]["containers"][0]["env"]
    # One secret in it makes the list of containers secret, and it still is.
    for name in ("plain", "secret"):
        assert run.inputs(name)["spec"]["template"]["tolerations"] == [toleration]
    assert (
        run.inputs("secret")["spec"]["template"]["containers"]
        == (before.inputs("secret")["spec"]["template"]["containers"])
    )
    assert "hidden" not in run.text


def test_an_exported_stack_is_analyzed_without_program_and_cluster(guarded: Make, tmp_path: Path) -> None:
    program = guarded(RENDERED)
    program.program.pulumi("up", "--yes", "--skip-preview", "--stack", STACK).check_returncode()
    state = tmp_path / "state.json"
    state.write_text(program.program.pulumi("stack", "export", "--stack", STACK).stdout)

    run = program.analyze(state)

    shown = run.stdout + run.stderr
    assert run.returncode != 0
    assert "one-slice-per-container" in shown
    assert "LLMInferenceService: wrong" in shown
    assert "LLMInferenceService: right" not in shown
    assert "kubeconfig-secret" not in shown
    assert program.analyze(state, {"one-slice-per-container": "advisory"}).returncode == 0


@pytest.fixture
def started() -> Iterator[Callable[..., str]]:
    """Start a process that ends with the test; what it returns is its first line, the port for the engine."""
    processes = []

    def start(*command: str) -> str:
        buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=buffered)
        processes.append(process)
        assert process.stdout
        return process.stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_the_pack_starts_as_a_file_and_as_a_directory(started: Callable[..., str]) -> None:
    python = str(CHECKOUT / ".venv-policies" / "bin" / "python")
    assert started(str(PACK), "127.0.0.1:1").isdigit()
    # What a current language host runs for `--policy-pack policies`.
    assert started(python, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK.parent)).isdigit()
