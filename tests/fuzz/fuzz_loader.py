"""Coverage-guided fuzzing with atheris: `python -m tests.fuzz.fuzz_loader TARGET DIRECTORY [libFuzzer options]`.

TARGET is one of those in properties.py. DIRECTORY holds what was found worth keeping, and grows; the regressions, the
demo and the corpus go into it first. `make fuzz` runs it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[2]
MARK = "§"


def seeds(target: str) -> list[bytes]:
    """Return what a run begins with."""
    kept = [file.read_bytes() for file in sorted((ROOT / "tests/fuzz/regressions" / target).iterdir())]
    if target == "loader":
        stacks = sorted((ROOT / "stacks").glob("*/*.yaml"))
        corpus = sorted((ROOT / "tests/corpus").rglob("*.yaml"))
        kept += [file.read_text(encoding="utf-8").replace(MARK, "").encode() for file in (*stacks, *corpus)]
        kept.append(b"---\n".join(file.read_bytes() for file in sorted((ROOT / "stacks/demo").glob("*.yaml"))))
    if target == "kubeconfig":
        kept.append(_KUBECONFIG.encode())
    if target == "previous":
        kept.append(json.dumps(_PREVIOUS, indent=1).encode())
    return kept


_KUBECONFIG = """apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: one, user: me, namespace: default}}]
clusters: [{name: one, cluster: {server: "https://127.0.0.1:6443", proxy-url: "", certificate-authority-data: aGk=}}]
users: [{name: me, user: {token: secret, exec: {command: aws, args: [a]}}}]
"""
_PREVIOUS = {
    "placements": [
        {
            "deployment": {"namespace": namespace, "name": deployment},
            "environment": environment,
            "nodePool": pool,
            "profile": profile,
            "replicas": units,
            "nodesPerReplica": 1,
            "gpusPerNode": 1,
            "units": units,
            "resource": {"name": resource, "count": 1},
            "retained": False,
        }
        for namespace, deployment, environment, pool, profile, units, resource in (
            ("team-a", "gemma", "mig-a", "small-models-mig", "fp8-slice", 2, "nvidia.com/mig-3g.40gb"),
            ("team-a", "gemma", "onprem-b", "h100-whole", "bf16-gpu", 2, "nvidia.com/gpu"),
            ("team-b", "chat-small", "onprem-b", "h100-tiny", "int4-slice", 6, "nvidia.com/mig-1g.10gb"),
        )
    ]
}


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough, or something is found."""
    target, directory = sys.argv[1], Path(sys.argv[2])
    # It has no types, and is there only where it is used.
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["slicewise", "yaml"]):
        properties = importlib.import_module("tests.fuzz.properties")
    mutations = importlib.import_module("tests.fuzz.mutations")
    directory.mkdir(parents=True, exist_ok=True)
    beginning = seeds(target)
    for seed in beginning:
        # Named by content, as libFuzzer names its own: a second run adds nothing twice.
        (directory / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    texts = tuple(seed.decode(errors="replace") for seed in beginning)

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 - it chooses changes, not keys
        if random.randrange(4) == 0:
            return bytes(atheris.Mutate(data, max_size))
        changed = mutations.mutate(data.decode(errors="surrogateescape"), random, texts)
        return bytes(changed.encode(errors="surrogateescape")[:max_size])

    atheris.Setup([sys.argv[0], *sys.argv[3:], str(directory)], properties.TARGETS[target], custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
