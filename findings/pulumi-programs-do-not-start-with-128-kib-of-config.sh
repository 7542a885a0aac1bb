#!/usr/bin/env bash
# A Pulumi program in Python does not start on Linux where its stack's configuration is 128 KiB or more.
#
# Guess beforehand: a stack may have as much configuration as its file holds; the kubeconfigs of 50 clusters, 3 KB each, are
# not much.
# Seen, pulumi 3.276.0, Linux 6: `fork/exec …/python: argument list too long`. The language host passes all of it as one
# environment variable, PULUMI_CONFIG, and Linux takes no longer string than 32 pages (MAX_ARG_STRLEN, execve(2)).
# So a stack has no more than some 40 such kubeconfigs in its configuration; more of them come from another source, or the
# clusters are applied by several stacks (docs/many-clusters.md).
#
# Run: bash findings/pulumi-programs-do-not-start-with-128-kib-of-config.sh    (needs pulumi on PATH; works in a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PULUMI_HOME="$folder/home" PULUMI_BACKEND_URL="file://$folder" PULUMI_CONFIG_PASSPHRASE= PULUMI_SKIP_UPDATE_CHECK=true
export PULUMI_PYTHON_CMD="$folder/venv/bin/python"
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pulumi==3.272.0
printf 'name: much\nruntime: python\n' > Pulumi.yaml
echo 'import pulumi' > __main__.py
pulumi stack init much > log 2>&1
for size in 100000 140000; do
  printf 'config:\n  much:text: %s\n' "$(head -c "$size" /dev/zero | tr '\0' x)" > Pulumi.much.yaml
  if pulumi preview --non-interactive --stack much > log 2>&1; then
    echo "$size bytes: it runs"
  else
    echo "$size bytes: $(grep -o 'argument list too long' log | head -1)"
  fi
done | tee seen
[ "$(cat seen)" = "$(printf '100000 bytes: it runs\n140000 bytes: argument list too long')" ] || { cat log >&2; echo "this has changed" >&2; exit 1; }
