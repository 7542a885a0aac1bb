"""A plan stack, three apply stacks and their three API servers, and what is done to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from lightkube import ApiError, Client
from lightkube.models import admissionregistration_v1 as admission
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.admissionregistration_v1 import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding
from lightkube.resources.core_v1 import Namespace, ServiceAccount
from lightkube.resources.rbac_authorization_v1 import ClusterRoleBinding
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from embedded.processes import Process
from slicewise.manifests.vocabulary import MANAGED_BY, MANAGED_BY_LABEL, STACK_ANNOTATION
from tests.documents import deployment, environment, slices
from tests.engine import plain_pulumi
from tests.engine.attacks.rounds import OLDER, SITES, Plan, of
from tests.engine.attacks.target import SECONDS, TINY
from tests.engine.credentials import account_token, expired_token, kubeconfig_of
from tests.engine.plain_pulumi import eventually, kill
from tests.engine.several_stacks import Stacks
from tests.processes import descendants

NAMESPACE = "clusters"
UP = ("up", "--yes", "--skip-preview")
_ACCOUNT = "applies"
_WORDS = "not this one"
_HANGS_SECONDS = 8
_AWAY_SECONDS = 4
_ENVIRONMENTS = [environment(name, slices("slices", "3g.40gb", nodeCount=4), labels={"site": name}) for name in SITES]


Running = tuple[subprocess.Popen[str], str]
"""An update, and how far it is."""


@dataclass(frozen=True)
class Live:
    """A service as it is in a cluster."""

    uid: str
    generation: int
    replicas: int
    owner: str


@dataclass
class Clusters:
    """The stacks and their clusters.

    Attributes:
        stacks: The plan stack, and an apply stack of each cluster's name.
        planes: The API servers.
        clients: Their clients.
        directory: For temporary files of `pulumi`.
        plan: What the plan stack has planned last.
        kept: The plan stack's state before that, with its plan.
    """

    stacks: Stacks
    planes: Mapping[str, ControlPlane]
    clients: Mapping[str, Client]
    directory: Path
    plan: Plan = field(default_factory=dict)
    kept: tuple[str, Plan] | None = None

    @classmethod
    @contextmanager
    def at(cls, planes: Mapping[str, ControlPlane], directory: Path) -> Iterator[Clusters]:
        """Make the stacks; each reaches its cluster with the token of a service account."""
        with ExitStack() as stack:
            clients = {name: stack.enter_context(connect(plane)) for name, plane in planes.items()}
            (directory / "tmp").mkdir()
            made = cls(Stacks.create(directory / "program", planes), planes, clients, directory / "tmp")
            for name, client in clients.items():
                client.apply(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
                made.renew(name)
            yield made
            for client in clients.values():
                client.deletecollection(LLMInferenceService, namespace=NAMESPACE)

    def renew(self, site: str) -> None:
        """Give a stack a kubeconfig with a new token."""
        token = account_token(self.clients[site], _ACCOUNT, admin=True)
        self.stacks.reach(site, kubeconfig_of(self.planes[site], token=token))

    def write(self, plan: Plan) -> None:
        """Write the documents."""
        chosen = [
            deployment(
                name, "tiny", namespace=NAMESPACE, replicas=each.replicas, environmentSelector={"site": each.site}
            )
            for name, each in sorted(plan.items())
        ]
        self.stacks.write(*_ENVIRONMENTS, TINY, *chosen)

    def make_plan(self, plan: Plan) -> None:
        """Write the documents and have them planned."""
        exported = self.stacks.run("plan", "stack", "export")
        self.kept = (exported, self.plan) if self.plan else None
        self.write(plan)
        self.plan = plan
        self.stacks.up("plan")

    def services(self, site: str) -> dict[str, Live]:
        """Return what runs in a cluster, by name."""
        found = self.clients[site].list(LLMInferenceService, namespace=NAMESPACE)
        live = {}
        for item in found:
            metadata = item.metadata
            assert metadata
            assert (metadata.labels or {})[MANAGED_BY_LABEL] == MANAGED_BY
            live[str(metadata.name)] = Live(
                str(metadata.uid),
                int(metadata.generation or 0),
                item["spec"]["replicas"],
                (metadata.annotations or {})[STACK_ANNOTATION],
            )
        return live

    def replicas(self, site: str) -> dict[str, int]:
        """Return the replicas of what runs in a cluster, by name."""
        return {name: each.replicas for name, each in self.services(site).items()}

    def left_to_do(self, site: str, wanted: Mapping[str, int]) -> int:
        """Return how many services differ from what is wanted."""
        there = self.replicas(site)
        return sum(there.get(name) != wanted.get(name) for name in there.keys() | wanted.keys())

    def attempt(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI on a stack, whatever comes of it; there must be no traceback."""
        done = self.stacks.of(stack).pulumi(*(arguments or UP), "--stack", stack, seconds=SECONDS)
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done

    def refused(self, stack: str, *words: str) -> None:
        """See that an update is refused with these words."""
        done = self.attempt(stack)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert [word for word in words if word not in said] == [], said

    def after_a_kill(self, stack: str) -> None:
        """Do what the runbook says before the next update of one that was killed."""
        done = self.attempt(stack, "cancel", "--yes")
        assert done.returncode == 0 or "not currently running" in done.stderr + done.stdout, done.stderr

    # In the middle of an update.

    @contextmanager
    def updating(
        self, site: str, wanted: Mapping[str, int], point: float, *, deletes: bool = True
    ) -> Iterator[Running]:
        """Start an update, and yield it with how far it is, at a point of what it has to do.

        Deletions come last, when the program has ended: without `deletes` it is a point before them.
        """
        everything = self.left_to_do(site, wanted)
        last = everything - 1 if deletes else everything - len(self.replicas(site).keys() - wanted.keys()) - 1
        assert last > 0, f"{site} has not enough to do"
        done = 1 + int(point * last)
        with plain_pulumi.start(self.stacks.of(site), self.directory, *UP, stack=site) as engine:
            try:
                eventually(
                    lambda: everything - self.left_to_do(site, wanted) >= done or engine.poll() is not None,
                    f"{done} changes of {site}",
                    SECONDS,
                )
                assert engine.poll() is None, "the update was over"
                yield engine, f"after {done} of {everything} changes"
            finally:
                kill(engine.pid, *descendants(engine.pid))

    def end(self, engine: subprocess.Popen[str]) -> str:
        """Wait for an update to end, and return what it said."""
        output, errors = engine.communicate(timeout=SECONDS)
        return output + errors

    def server(self, site: str, name: str = "kube-apiserver") -> Process:
        """Return one of the servers of a cluster."""
        (found,) = [each for each in self.planes[site].processes if each.name == name]
        return found

    def served(self, site: str) -> None:
        """Wait until a cluster answers for its services."""

        def answers() -> bool:
            try:
                self.services(site)
            except (httpx2.HTTPError, ApiError):
                return False
            return True

        wait_until(f"{site} serves", answers, seconds=120)

    def start_again(self, site: str, name: str = "kube-apiserver") -> None:
        """Start a server that was killed, and wait until its cluster serves."""
        server = self.server(site, name)
        server.restart()
        server.wait_ready()
        self.served(site)

    # What keeps an update from being applied, with what undoes it.

    def keep_from_updating(self, site: str, kind: str, other: str) -> Callable[[], None]:
        """See that an update is refused for a reason, and return what removes the reason."""
        keeps: dict[str, Callable[[str], Callable[[], None]]] = {
            "its token is revoked": self._revoked,
            "its token has expired": self._expired,
            "its rights are taken away": self._without_rights,
            "admission refuses a service": self._not_admitted,
            "its kubeconfig leads to another cluster": partial(self._elsewhere, other=other),
        }
        return keeps[kind](site)

    def _revoked(self, site: str) -> Callable[[], None]:
        client = self.clients[site]
        client.delete(ServiceAccount, _ACCOUNT, namespace="default")
        # The API server remembers for ten seconds that a token is good.
        time.sleep(11)
        self.refused(site, "Unauthorized", "SW410")
        return lambda: self.renew(site)

    def _expired(self, site: str) -> Callable[[], None]:
        token = expired_token(self.planes[site], self.clients[site], _ACCOUNT)
        self.stacks.reach(site, kubeconfig_of(self.planes[site], token=token))
        self.refused(site, "Unauthorized", "SW410")
        return lambda: self.renew(site)

    def _without_rights(self, site: str) -> Callable[[], None]:
        self.clients[site].delete(ClusterRoleBinding, _ACCOUNT)
        wait_until("no rights", lambda: self.attempt(site, "preview").returncode != 0, seconds=60)
        self.refused(site, "SW413")
        return lambda: self.renew(site)

    def _elsewhere(self, site: str, other: str) -> Callable[[], None]:
        token = account_token(self.clients[other], _ACCOUNT, admin=True)
        self.stacks.reach(site, kubeconfig_of(self.planes[other], token=token))
        self.refused(site, "SW422")
        return lambda: self.renew(site)

    def _not_admitted(self, site: str) -> Callable[[], None]:
        client = self.clients[site]
        changed = of(self.plan, site)
        there = self.replicas(site)
        name = next(name for name in sorted(changed) if there.get(name, changed[name]) != changed[name])
        rules = [
            admission.NamedRuleWithOperations(
                apiGroups=["serving.kserve.io"], apiVersions=["*"], operations=["UPDATE"], resources=["*"]
            )
        ]
        spec = admission.ValidatingAdmissionPolicySpec(
            matchConstraints=admission.MatchResources(resourceRules=rules),
            validations=[admission.Validation(expression=f"object.metadata.name != '{name}'", message=_WORDS)],
        )
        metadata = ObjectMeta(name=NAMESPACE)
        bound = admission.ValidatingAdmissionPolicyBindingSpec(policyName=NAMESPACE, validationActions=["Deny"])
        policy = ValidatingAdmissionPolicy(metadata=metadata, spec=spec)
        binding = ValidatingAdmissionPolicyBinding(metadata=metadata, spec=bound)
        client.apply(policy)
        client.apply(binding)

        def denied() -> bool:
            merge: dict[str, Any] = {"metadata": {"labels": {"tried": "true"}}}
            try:
                client.patch(
                    LLMInferenceService, name, merge, namespace=NAMESPACE, patch_type=PatchType.MERGE, dry_run=True
                )
            except ApiError as error:
                return _WORDS in str(error)
            return False

        def undo() -> None:
            client.delete(ValidatingAdmissionPolicyBinding, NAMESPACE)
            client.delete(ValidatingAdmissionPolicy, NAMESPACE)
            wait_until("the policy gone", lambda: not denied(), seconds=60)

        wait_until("the policy at work", denied, seconds=60)
        self.refused(site, _WORDS, name)
        return undo

    # What is wrong with the plan.

    def with_a_wrong_plan(self, site: str, kind: str, other: str) -> None:
        """See that a stack refuses a plan and changes nothing, and mend the plan."""
        stacks, before = self.stacks, self.services(site)
        exported = stacks.run("plan", "stack", "export")
        if kind == "documents that are not planned":
            name = min(self.plan)
            self.write({**self.plan, name: self.plan[name]._replace(replicas=7)})
            self.refused(site, "SW444", "pulumi up --stack plan")
            self.write(self.plan)
        elif kind == "a plan edited by hand":
            edited = json.loads(exported)
            (stack,) = [each for each in edited["deployment"]["resources"] if each["type"] == "pulumi:pulumi:Stack"]
            placements = stack["outputs"]["placements"]
            del placements[min(name for name in placements if name.startswith(f"{site}/"))]
            self.restore(json.dumps(edited))
            self.refused(site, "SW443")
            self.restore(exported)
        elif kind == "a plan stack that is destroyed":
            stacks.run("plan", "destroy", "--yes", "--skip-preview")
            self.refused(site, "SW442")
            self.restore(exported)
        elif kind == OLDER:
            assert self.kept
            self.restore(self.kept[0])
            self.write(self.kept[1])
            self.refused(site, "SW445")
            self.restore(exported)
            self.write(self.plan)
        else:
            stacks.configure(site, environments=[site, other])
            self.refused(site, "SW447")
            stacks.configure(site, environments=[site])
        assert self.services(site) == before

    def restore(self, exported: str) -> None:
        """Have the plan stack's state be what was exported once."""
        program = self.stacks.of("plan")
        program.pulumi("stack", "import", "--force", "--stack", "plan", stdin=exported).check_returncode()

    # What happens in the middle of an update that is to succeed in the end.

    def disturb(self, site: str, kind: str, engine: subprocess.Popen[str]) -> None:
        """Disturb an update, and wait until it has ended."""
        killed = {
            "the engine is killed": ("pulumi --non-interactive",),
            "all of pulumi is killed": ("pulumi", "sweeper.py"),
            "the program is killed": ("pulumi-language-python-exec",),
            "the provider is killed": ("pulumi-resource-kubernetes",),
        }
        if kind in killed:
            everything = {engine.pid: "pulumi --non-interactive"} | descendants(engine.pid)
            those = [pid for pid, command in everything.items() if any(each in command for each in killed[kind])]
            assert those, f"nothing to kill: {everything}"
            kill(*those)
            engine.communicate(timeout=SECONDS)
            kill(*everything)
            self.after_a_kill(site)
        elif kind == "a second update at once":
            engine.send_signal(signal.SIGSTOP)
            try:
                self.refused(site, "locked")
            finally:
                engine.send_signal(signal.SIGCONT)
            self.end(engine)
        elif kind == "the API server hangs":
            os.kill(self.server(site).pid, signal.SIGSTOP)
            try:
                time.sleep(_HANGS_SECONDS)
            finally:
                os.kill(self.server(site).pid, signal.SIGCONT)
            self.end(engine)
        else:
            name = "etcd" if kind.startswith("etcd") else "kube-apiserver"
            self.server(site, name).kill()
            time.sleep(_AWAY_SECONDS)
            self.start_again(site, name)
            self.end(engine)
