"""The attacks: what each does, and the tests that it is. A number never changes: tables of different times compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[3]
HERE: Final = "tests/engine/attacks"

_CANARIES = "tests/engine/test_kubeconfig_canaries.py::test_planted_credentials_are_nowhere"
_TEMPORARY = "tests/engine/test_temporary_directory.py"
_CI = "tests/policies/results/test_ci_files.py"
_LOADER = "tests/unit/documents/test_hostile.py"
_REPORTS = "tests/policies/results/test_hostile.py"
_FILES = "tests/unit/documents/test_files.py"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        what: What is done.
        elsewhere: The tests outside this package that it is; where there are none, it is `test_NN_...` here.
        remark: How it is survived, where that is not plain.
    """

    what: str
    elsewhere: tuple[str, ...] = ()
    remark: str = ""


ATTACKS: Final = {
    1: Attack(
        "previews and updates, and what they leave in the temporary directory",
        (
            f"{_TEMPORARY}::test_nothing_stays_after_previews_and_updates",
            f"{_TEMPORARY}::test_nothing_stays_when_the_engine_is_killed",
            f"{_TEMPORARY}::test_a_private_directory_serves_every_operation",
        ),
    ),
    2: Attack("a copied stack is applied, and destroyed"),
    3: Attack("a service is deleted by hand"),
    4: Attack("the token is refused"),
    5: Attack("the kubeconfig leads to a web server that is not Kubernetes"),
    6: Attack("the cluster is rebuilt under the same environment name"),
    7: Attack("the environment is renamed, and the cluster is the same"),
    8: Attack("the environment is renamed back"),
    9: Attack("a better pool appears before manifests are rendered again"),
    10: Attack("a plan with a shortfall is rendered over an earlier rendering"),
    11: Attack("two stacks are rendered into one directory"),
    12: Attack("the disk is full while manifests are rendered again"),
    13: Attack("a manifest is a symbolic link to a file elsewhere"),
    14: Attack("a dangling link and a pipe lie beside the manifests"),
    15: Attack("the directory for manifests is a file, or in /proc"),
    16: Attack("images that no kubelet takes"),
    17: Attack(
        "text of an image in CI's log and reports",
        (f"{_REPORTS}::test_junit_is_well_formed_and_shows_what_it_holds", f"{_REPORTS}::test_a_log_obeys_no_finding"),
    ),
    18: Attack("arguments that Kubernetes would expand"),
    19: Attack("an argument with a NUL"),
    20: Attack("an environment leaves after its credential was rotated"),
    21: Attack("a user without any right"),
    22: Attack("a user who may not list and watch"),
    23: Attack("waitForReady without the right to list pods"),
    24: Attack("verify without the right to list nodes"),
    25: Attack("KServe is not installed"),
    26: Attack("a credential plugin is asked in a preview"),
    27: Attack("a credential plugin that never answers"),
    28: Attack("the engine is killed"),
    29: Attack("the program is killed"),
    30: Attack("the provider is killed"),
    31: Attack("the language host is killed"),
    32: Attack("all of Pulumi's processes are killed at once"),
    33: Attack("the API server is killed in an update, and comes back"),
    34: Attack("etcd is killed in an update, and comes back"),
    35: Attack("two updates at once"),
    36: Attack("a second stack has other values for the same service"),
    37: Attack("a service of that name is there, made by hand"),
    38: Attack("replicas are changed by hand"),
    39: Attack(
        "an operator owns the replicas, and the document changes",
        remark="not refused: the operator is named before, and what is declared is applied over it",
    ),
    40: Attack("one namespace is missing and one is terminating, beside a good one"),
    41: Attack("the stack's namespace is deleted by hand"),
    42: Attack("`pulumi refresh` changes nothing"),
    43: Attack("a service is deleted from the state"),
    44: Attack("a service is imported"),
    45: Attack("a wrong passphrase"),
    46: Attack("kubeconfigSource none, and back"),
    47: Attack("outputs are damaged"),
    48: Attack("escape sequences in the outputs"),
    49: Attack("the stack is renamed"),
    50: Attack("a deployment is renamed; its model changes"),
    51: Attack("documents change between a saved plan and the update"),
    52: Attack("a token in what Pulumi prints and keeps", (_CANARIES,)),
    53: Attack("a token in the engine's logs", (f"{_TEMPORARY}::test_a_private_directory_serves_every_operation",)),
    54: Attack("only deletions, with a token that is refused"),
    55: Attack("two environments lead to one server"),
    56: Attack("an admission policy denies one of two"),
    57: Attack("an admission webhook does not answer"),
    58: Attack("64 pools and 5,000 placements are planned"),
    59: Attack("64 pools and 5,000 placements are previewed"),
    60: Attack("an update of twice the services without checkpoints writes twice the bytes, and not four times"),
    61: Attack("hostile text in every field of the documents"),
    62: Attack("names that lead out of the directory"),
    63: Attack(
        "hostile file names in reports",
        (
            f"{_REPORTS}::test_a_file_is_not_taken_for_a_command",
            f"{_REPORTS}::test_a_file_name_that_is_no_text_is_written_as_its_bytes",
            f"{_REPORTS}::test_json_reports_show_what_they_hold",
        ),
    ),
    64: Attack("shell syntax in arguments"),
    65: Attack(
        "documents that expand, nest or never end",
        (
            f"{_LOADER}::test_aliases_that_expand_to_billions",
            f"{_LOADER}::test_merges_that_expand_to_billions",
            f"{_LOADER}::test_aliases_to_themselves",
            f"{_LOADER}::test_deep_nesting",
            f"{_LOADER}::test_nesting_stacked_by_aliases",
            f"{_LOADER}::test_a_file_of_nine_megabytes",
            f"{_LOADER}::test_a_file_without_end",
            f"{_LOADER}::test_a_binary_file",
            f"{_FILES}::test_text_in_utf16",
            f"{_FILES}::test_a_symbolic_link_to_itself",
        ),
    ),
    66: Attack("a context's name with line breaks, YAML and escape sequences"),
    67: Attack(
        "secrets in arguments, in what make policy reports and keeps",
        (
            f"{_CI}::test_only_their_owner_reads_what_make_policy_writes",
            "tests/policies/test_credentials.py::test_no_message_repeats_the_secret",
            "tests/policies/results/test_engine.py::test_findings_stand_where_the_documents_say_what_is_wrong",
        ),
    ),
    68: Attack(
        "other bytes under a pinned version",
        (
            "tests/unit/test_requirements.py::test_every_package_has_its_version_and_hashes",
            "tests/unit/test_requirements.py::test_nothing_is_installed_whose_bytes_are_not_known",
            f"{_CI}::test_the_image_is_taken_by_a_digest_that_must_be_given",
        ),
    ),
    69: Attack(
        "a workflow with more rights than it needs",
        (
            f"{_CI}::test_actions_are_pinned_by_commit_and_say_their_version",
            f"{_CI}::test_the_workflow_may_only_read_and_upload_findings",
            f"{_CI}::test_no_credential_is_named",
            f"{_CI}::test_no_credential_stays_in_what_is_checked_out",
        ),
    ),
    70: Attack("the engine is killed without checkpoints, and the documents are taken back"),
    71: Attack("the plan and three clusters fail at once, each in another way, ten times"),
}

_OWN: Final = re.compile(rf"{HERE}/test_\w+\.py::test_(\d\d)_")


def attacks_of(test: str) -> list[int]:
    """Return the numbers of the attacks that a test is, by its node id, with or without parameters."""
    own = _OWN.match(test)
    if own:
        return [int(own[1])]
    return [number for number, attack in ATTACKS.items() if function_of(test) in attack.elsewhere]


def function_of(test: str) -> str:
    """Return a test's node id without its parameters and its group (`file.py::test_it[x]@group`)."""
    return re.split(r"[\[@]", test, maxsplit=1)[0]
