#!/usr/bin/env bash
# Under Pulumi's mocks a resource's `transformations` run and its `transforms` do not, and nothing says so.
#
# Guess beforehand: both run where a program is tested with `pulumi.runtime.set_mocks`, since both are options of a
# resource, and the first is the older form of the second.
# Seen, pulumi 3.272.0, Python 3.11: only `transformations` is called. Transforms are called by the engine, and there is
# none; a unit test that expects what a transform sets (a label on every service) fails, and one that expects that a
# transform leaves something alone passes without having run it.
#
# Run: bash findings/pulumi-mocks-skip-transforms.sh    (installs into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/program.py" <<'PROGRAM'
import pulumi

called = []


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs

    def call(self, args):
        return {}


def note(kind):
    def transform(_):
        called.append(kind)

    return transform


pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test
def declare():
    options = pulumi.ResourceOptions(transforms=[note("transforms")], transformations=[note("transformations")])
    return pulumi.CustomResource("acme:index:Thing", "thing", {"size": 1}, options).urn


declare()
print(" ".join(called))
PROGRAM
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pulumi==3.272.0
called=$("$folder/venv/bin/python" "$folder/program.py")
echo "called under mocks, pulumi 3.272.0: $called"
[ "$called" = transformations ] || { echo "this has changed" >&2; exit 1; }
