#!/usr/bin/env bash
# NVIDIA's device plugin with MIG strategy none offers GPUs in MIG mode as nvidia.com/gpu, one unit each.
#
# Guess beforehand: it leaves them out, as with the other strategies, or refuses to start: no program can use a GPU in MIG
# mode as a whole.
# Seen, k8s-device-plugin v0.19.3, over NVIDIA's mock of a DGX A100 in MIG mode without slices: none offers 8 units of
# nvidia.com/gpu; mixed offers nothing, and no error; single ends with an error. None is the default strategy. Pods are
# scheduled to such nodes, and only GPU feature discovery's label nvidia.com/gpu.replicas=0 tells.
#
# Run: bash findings/device-plugin-offers-gpus-in-mig-mode-as-whole-ones.sh    (needs Go and a C compiler; installs into a
# temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"
	"strings"

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvlib/pkg/nvlib/info"
	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	spec "github.com/NVIDIA/k8s-device-plugin/api/config/v1"
	"github.com/NVIDIA/k8s-device-plugin/internal/rm"
)

type nvmlOnly struct{ info.PropertyExtractor }

func (nvmlOnly) ResolvePlatform() info.Platform { return info.PlatformNVML }
func (nvmlOnly) HasNvml() (bool, string)        { return true, "the mock" }

func main() {
	server := dgxa100.New()
	for _, each := range server.Devices {
		gpu := each.(*dgxa100.Device)
		gpu.MigMode = nvml.DEVICE_MIG_ENABLE
		gpu.GetMaxMigDeviceCountFunc = func() (int, nvml.Return) { return 0, nvml.SUCCESS }
	}
	devices := device.New(server)
	for _, strategy := range []string{"none", "mixed", "single"} {
		config := &spec.Config{}
		config.Flags.MigStrategy = &strategy
		if err := rm.AddDefaultResourcesToConfig(nvmlOnly{}, server, devices, config); err != nil {
			panic(err)
		}
		managers, err := rm.NewNVMLResourceManagers(nvmlOnly{}, server, devices, config)
		offered := []string{}
		for _, manager := range managers {
			offered = append(offered, fmt.Sprint(manager.Resource(), ": ", len(manager.Devices())))
		}
		fmt.Printf("%s: [%s], error: %v\n", strategy, strings.Join(offered, ", "), err != nil)
	}
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw" CGO_CFLAGS="-O0 -w"
cd "$folder"
# Its internal packages may be imported by a module of this name.
go mod init github.com/NVIDIA/k8s-device-plugin/finding 2> log
go get github.com/NVIDIA/k8s-device-plugin@v0.19.3 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "offered with 8 GPUs in MIG mode and no slice, k8s-device-plugin v0.19.3, by strategy:"
echo "$seen"
[ "$seen" = "none: [nvidia.com/gpu: 8], error: false
mixed: [], error: false
single: [], error: true" ] || { echo "this has changed" >&2; exit 1; }
