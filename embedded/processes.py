"""Processes that end with this one, whichever way it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LAUNCHER = Path(__file__).with_name("launch.py")
_TAIL_LINES = 20
_GRACE_SECONDS = 10
_READY_SECONDS = 300
# Go collects garbage when the heap has doubled, a fifth of an API server's time; here, when it is fivefold, or large.
_ENVIRONMENT = {"GOGC": "400", "GOMEMLIMIT": "1200MiB"}
# The kernel signals a child when the *thread* that forked it ends. This one lasts until Python exits, so that a control
# plane may be started from any thread.
_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-forker")


class Process:
    """A running program with its output in a log file, in a session of its own: Ctrl-C does not reach it.

    Use as a context manager, or call `stop`. If this Python process is killed, the kernel kills the program.

    Attributes:
        name: What errors call it; also the name of its log, `<name>.log`.
        log: Where its output goes.
    """

    def __init__(
        self,
        program: Path,
        arguments: Sequence[str],
        directory: Path,
        *,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = program.name
        self.log = directory / f"{program.name}.log"
        self._command = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(program), *arguments]
        self._environment = {**os.environ, **_ENVIRONMENT, **(environment or {})}
        self._ready = ready
        self._popen = _forker.submit(self._spawn).result()

    @property
    def pid(self) -> int:
        """Its process id; another one after a restart."""
        return self._popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        # After a failure there is nothing to save, and a server that is still starting does not listen to requests.
        self.stop(0 if error else _GRACE_SECONDS)

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            ControlPlaneError: It has ended; the message has the end of its log.
        """
        code = self._popen.poll()
        if code is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
            raise ControlPlaneError(f"{self.name} ended with exit code {code}; the end of {self.log}:\n{tail}")

    def wait_ready(self) -> None:
        """Wait until it does its work.

        Raises:
            ControlPlaneError: It ended, or it was not ready in time.
        """

        def reached() -> bool:
            ready = self._ready()  # first: it may know a better reason than this process's end
            self.check()
            return ready

        wait_until(f"{self.name} ready (its log: {self.log})", reached, _READY_SECONDS)

    def stop(self, seconds: float = _GRACE_SECONDS) -> None:
        """End it: asked first, killed after `seconds`. Does nothing if it has ended."""
        self._popen.terminate()
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def kill(self) -> None:
        """End it at once, like a crash. Does nothing if it has ended."""
        self._popen.kill()
        self._popen.wait()

    def restart(self) -> None:
        """End it as `stop` does, and start it again with the same command; does not wait until it is ready."""
        self.stop()
        self._popen = _forker.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:  # a restarted one continues the log
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment,
            )
