"""Credential plugins of kubeconfigs: a program that writes a short-lived token, run for a bounded time.

Source: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import httpx2

from slicewise.clusters.access.kubeconfig_flaws import is_token
from slicewise.clusters.access.local_needs import plugin_name

# Clouds' plugins answer in about two seconds; one that waits for a login in a browser would wait forever.
PLUGIN_SECONDS = 25.0
_PIPE_SECONDS: Final = 1.0


class PluginError(ValueError):
    """A plugin gave no token.

    Attributes:
        message: Why; nothing of what it wrote is in it.
        remedy: What to do.
    """

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy
        super().__init__(f"{message}; {remedy}")


class PluginAuth(httpx2.Auth):
    """Requests with the token of a plugin, which is asked again when the server takes its token no longer.

    Requests that need a token at the same time wait for one run of the plugin.
    """

    def __init__(self, plugin: Mapping[str, Any]) -> None:
        """Take `plugin`, the `exec` of a kubeconfig's user, as it is there."""
        self._plugin = plugin
        self._token: str | None = None
        self._running: asyncio.Task[str] | None = None

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Give `request` with a token.

        Raises:
            PluginError: the plugin gave none.
            OSError: it cannot be started.
        """
        tried = self._token
        if tried:
            request.headers["Authorization"] = f"Bearer {tried}"
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return
        # Another request may have fetched a new one in the meantime.
        token = self._token if self._token != tried else await self._fetch()
        request.headers["Authorization"] = f"Bearer {token}"
        yield request

    async def _fetch(self) -> str:
        if self._running is None:
            self._running = asyncio.create_task(_fetch_token(self._plugin))
        running = self._running
        try:
            self._token = await running
        finally:
            if self._running is running:
                self._running = None
        return self._token


async def _fetch_token(plugin: Mapping[str, Any]) -> str:
    name = f"its credential plugin {plugin_name(plugin['command'])}"
    try:
        code, output = await _run(plugin)
    except TimeoutError:
        message = f"{name} did not answer in {PLUGIN_SECONDS:g} s (does it wait for a login?)"
        raise PluginError(message, "log in first, or run it by hand, and try again") from None
    if code:
        raise PluginError(f"{name} failed (exit code {code})", "log in again, or run it by hand to see why")
    return _token(output, name)


def _token(output: bytes, name: str) -> str:
    try:
        answer = json.loads(output)
    except ValueError:
        answer = None
    status = answer.get("status") if isinstance(answer, dict) else None
    found = status.get("token") if isinstance(status, dict) else None
    if isinstance(found, str) and is_token(found):
        return found
    if found:
        message = f"{name} gave a token with white space or control characters"
        raise PluginError(message, "install a newer one, or use another")
    if isinstance(status, dict) and status.get("clientCertificateData"):
        message = f"{name} gave a client certificate, and only tokens of plugins are taken"
        raise PluginError(message, "use a kubeconfig with a token, or with client-certificate-data")
    message = f"{name} wrote no ExecCredential with a token"
    raise PluginError(message, "run it by hand, and correct its arguments or install a newer one")


async def _run(plugin: Mapping[str, Any]) -> tuple[int, bytes]:
    """Return a plugin's exit code and what it wrote; after a timeout nothing of it runs any more."""
    asked = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    given = {each["name"]: each["value"] for each in plugin.get("env") or []}
    process = await asyncio.create_subprocess_exec(
        plugin["command"],
        *(plugin.get("args") or []),
        env={**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Without a terminal it cannot ask; and what it starts itself can be ended with it.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PLUGIN_SECONDS):
            output, _ = await process.communicate()
    except BaseException:
        # It may have ended by now, or run as another user, as what sudo starts does.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PIPE_SECONDS):
                await process.communicate()
        raise
    return process.returncode or 0, output
