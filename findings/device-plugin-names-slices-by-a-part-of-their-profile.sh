#!/usr/bin/env bash
# NVIDIA's device plugin counts MIG slices as a resource whose profile is only a part of theirs.
#
# Guess beforehand: a profile's pattern matches that profile alone: slices of 1g.5gb+me are nvidia.com/mig-1g.5gb.me, and
# 1c.3g.20gb, a third of a slice, is no resource, as the plugin adds none for it.
# Seen, k8s-device-plugin v0.19.3, with the resources that it adds itself for NVIDIA's mock of an A100 40GB: patterns match
# anywhere in a profile's name, and the first wins. So 1g.5gb+me becomes mig-1g.5gb, although GPU feature discovery's
# labels say mig-1g.5gb.me, and each third of 3g.20gb becomes a whole mig-3g.20gb, which shares its memory with two more.
# Known to its makers: fixed by pull request 1807, in 0.20.0, which renames the resources of nodes that are in use.
#
# Run: bash findings/device-plugin-names-slices-by-a-part-of-their-profile.sh    (needs Go and a C compiler; installs into a
# temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvlib/pkg/nvlib/info"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	spec "github.com/NVIDIA/k8s-device-plugin/api/config/v1"
	"github.com/NVIDIA/k8s-device-plugin/internal/rm"
)

type nvmlOnly struct{ info.PropertyExtractor }

func (nvmlOnly) ResolvePlatform() info.Platform { return info.PlatformNVML }
func (nvmlOnly) HasNvml() (bool, string)        { return true, "the mock" }

func main() {
	server := dgxa100.New()
	strategy := "mixed"
	config := &spec.Config{}
	config.Flags.MigStrategy = &strategy
	if err := rm.AddDefaultResourcesToConfig(nvmlOnly{}, server, device.New(server), config); err != nil {
		panic(err)
	}
	for _, profile := range []string{"1g.5gb", "1g.5gb+me", "3g.20gb", "1c.3g.20gb"} {
		// As the plugin does, for each slice: the first whose pattern matches.
		for _, resource := range config.Resources.MIGs {
			if resource.Pattern.Matches(profile) {
				fmt.Println(profile, "is", resource.Name)
				break
			}
		}
	}
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw" CGO_CFLAGS="-O0 -w"
cd "$folder"
# Its internal packages may be imported by a module of this name.
go mod init github.com/NVIDIA/k8s-device-plugin/finding 2> log
go get github.com/NVIDIA/k8s-device-plugin@v0.19.3 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "resources of slices, k8s-device-plugin v0.19.3, strategy mixed:"
echo "$seen"
[ "$seen" = "1g.5gb is nvidia.com/mig-1g.5gb
1g.5gb+me is nvidia.com/mig-1g.5gb
3g.20gb is nvidia.com/mig-3g.20gb
1c.3g.20gb is nvidia.com/mig-3g.20gb" ] || { echo "this has changed" >&2; exit 1; }
