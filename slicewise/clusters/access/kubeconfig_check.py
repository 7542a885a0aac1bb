"""A kubeconfig judged whole: by its text, and by what this machine has of what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from slicewise.clusters.access.kubeconfig import read_context
from slicewise.clusters.access.kubeconfig_flaws import Weakness, find_flaws
from slicewise.clusters.access.local_needs import missing_files, missing_plugin


@dataclass(frozen=True, slots=True)
class CheckedKubeconfig:
    """What came of it. No text here has anything of the kubeconfig but its server's address and its plugin's name.

    Attributes:
        url: The URL of the server, which may hold a secret path.
        server: The same, where it must answer from here; None where there is a proxy in between.
        address: The same for people: scheme, host and port.
        flaws: What keeps it from working.
        files: The fields that name files which are not here.
        plugin: What to say of a credential plugin that is not here; None where none is missing.
        weaknesses: What works and deserves a look, each with what to do.
    """

    url: str = field(repr=False)
    server: str | None = field(repr=False)
    address: str
    flaws: tuple[str, ...]
    files: tuple[str, ...]
    plugin: str | None
    weaknesses: tuple[tuple[Weakness, str], ...]


def check_kubeconfig(text: object) -> CheckedKubeconfig:
    """Judge the kubeconfig `text`.

    Raises:
        KubeconfigError: it is not a kubeconfig, or its current context leads nowhere.
    """
    context = read_context(text)
    found = find_flaws(context, datetime.now(UTC))
    parts = urlsplit(context.server)
    return CheckedKubeconfig(
        url=context.server,
        server=None if context.cluster.get("proxy-url") else context.server,
        # Not the URL itself: it may have a password before the host, or a token behind.
        address=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        flaws=found.flaws,
        files=tuple(missing_files(found)),
        plugin=missing_plugin(found),
        weaknesses=found.weaknesses,
    )
