#!/usr/bin/env bash
# A Pulumi provider in Python that refuses its inputs in one sentence, without naming a property, loses the sentence.
#
# Guess beforehand: `InputPropertiesError("size is too small")`, whose list of errors may be left out, reaches the caller
# as INVALID_ARGUMENT with that sentence, as it does with a list.
# Seen, pulumi 3.272.0, Python 3.11: with a list it does. Without one the caller gets UNKNOWN and "'Status' object has no
# attribute 'trailing_metadata'": the SDK sets that attribute only where there are errors, and gRPC reads it always.
# A component of another language that is told so cannot know what was wrong; a RunError keeps the sentence.
#
# Run: bash findings/pulumi-provider-errors-without-details.sh    (installs into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/refusing.py" <<'PROGRAM'
import asyncio

import grpc
import pulumi
from pulumi.provider import Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

DETAILS = [{"property_path": "size", "reason": "it is 1"}]


class Refusing(Provider):
    def __init__(self):
        super().__init__("1.0.0")

    def call(self, token, args):
        raise pulumi.InputPropertiesError("size is too small", DETAILS if token.endswith("listed") else None)


async def main():
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServicer(Refusing(), [], "127.0.0.1:1"), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for kind in ("listed", "plain"):
            try:
                request = provider_pb2.CallRequest(tok=f"acme:index:{kind}")
                await provider_pb2_grpc.ResourceProviderStub(channel).Call(request)
            except grpc.aio.AioRpcError as error:
                print(f"{kind}: {error.code().name} {'size is too small' in error.details()}")
    await server.stop(None)


asyncio.run(main())
PROGRAM
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pulumi==3.272.0
seen=$("$folder/venv/bin/python" "$folder/refusing.py" 2> "$folder/log")
echo "status, and whether the sentence is in it, pulumi 3.272.0:"
echo "$seen"
[ "$seen" = "$(printf 'listed: INVALID_ARGUMENT True\nplain: UNKNOWN False')" ] || { cat "$folder/log" >&2; echo "this has changed" >&2; exit 1; }
