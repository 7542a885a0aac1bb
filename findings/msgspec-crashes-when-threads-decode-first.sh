#!/usr/bin/env bash
# A process ends with a segmentation fault when two threads make lightkube's objects of one kind for the first time at once.
#
# Guess beforehand: a lightkube client may be used from several threads, as httpx's clients may; each gets its Pods.
# Seen, lightkube 1.0.1 with msgspec 0.22.0, Python 3.11: msgspec looks at a class when it first decodes one, lets other
# threads run meanwhile, and they use what is half made. 7 or 8 of 8 processes crashed (exit status 139) with threads that
# change often; with the usual interval some do. In one thread, with asyncio as Slicewise has it, nothing happens.
#
# Run: bash findings/msgspec-crashes-when-threads-decode-first.sh    (in a checkout with .venv; ends with 1 if this has changed)
set -euo pipefail

python=$(dirname "$0")/../.venv/bin/python
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/program.py" <<'PROGRAM'
import sys
import threading

from lightkube.resources.core_v1 import Pod

pod = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "main"}]}, "status": {"phase": "Running"}}
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)


def decode():
    together.wait()
    Pod.from_dict(pod)


threads = [threading.Thread(target=decode) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
PROGRAM

crashed=0
for _ in 1 2 3 4 5 6 7 8; do
    status=$( ("$python" "$folder/program.py") >/dev/null 2>&1 && echo 0 || echo $?) 2>/dev/null
    if [ "$status" = 139 ]; then crashed=$((crashed + 1)); fi
done
echo "$crashed of 8 processes crashed"
[ "$crashed" -gt 0 ] || { echo "this has changed" >&2; exit 1; }
