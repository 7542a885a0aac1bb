"""Become another program, which the kernel kills when the process that started this one dies.

Run as a script: `launch.py PARENT_PID PROGRAM [ARGUMENT ...]`. It is a program of its own, not a `preexec_fn`, because
Python code between fork and exec can deadlock when the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, check that it is not too late, and execute the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        sys.exit(f"cannot ask for a signal at the parent's death: {os.strerror(ctypes.get_errno())}")
    # A parent that died before the request sends nothing any more; this process has another parent by now.
    if os.getppid() != parent:
        sys.exit(f"the parent process {parent} is gone")
    try:
        os.execv(program[0], program)  # noqa: S606 - what this script is for
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
