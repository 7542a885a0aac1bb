"""Stand for a program that runs in a forked Python: `python -I -S fork_client.py SOCKET PROGRAM [ARGUMENT …]`.

Whoever started it sees no difference: the program has its environment, directory, open files and process group, ends
when it is ended, and its exit status becomes this one's.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main() -> None:
    """Ask for the program, and wait until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # One of them was that of the listing itself. (To import pathlib would take as long as all else here.)
    listed = os.listdir("/proc/self/fd")  # noqa: PTH208
    files = [int(each) for each in listed if os.path.lexists(f"/proc/self/fd/{each}")]
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(sys.argv[1])
        here = os.getcwd()  # noqa: PTH109
        text = json.dumps([sys.argv[2:], dict(os.environ), here, os.getpgid(0), files]).encode() + b"\n"
        server.sendall(text[socket.send_fds(server, [text], files) :])
        status = server.recv(16)
    if not status:
        sys.exit("the Python that forks programs has ended")
    code = int(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
