"""Whether this machine has what a kubeconfig needs beside its text."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from slicewise.clusters.access.kubeconfig_flaws import KubeconfigFlaws

_INSTALL: Final = {
    "gke-gcloud-auth-plugin": "gcloud components install gke-gcloud-auth-plugin",
    "aws": "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    "kubelogin": "https://azure.github.io/kubelogin/install.html",
}
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,60}")


def missing_files(found: KubeconfigFlaws) -> list[str]:
    """Return the fields that name a file which is not on this machine, sorted."""
    return sorted(field for field, path in found.files.items() if not Path(path).is_file())


def missing_plugin(found: KubeconfigFlaws) -> str | None:
    """Return what to say of a credential plugin that cannot be started here; None where none is missing."""
    command = found.plugin
    if command is None or shutil.which(command):
        return None
    name = plugin_name(command)
    hint = f": {_INSTALL[name]}" if name in _INSTALL else " on this machine, on PATH"
    return f"its credentials come from the program {name}, which is not here; install it{hint}"


def plugin_name(command: str) -> str:
    """Return what messages call the credential plugin `command`: its program, never its directory or arguments."""
    name = Path(command).name
    return name if _PLAIN_NAME.fullmatch(name) else "(a name with unusual characters)"
