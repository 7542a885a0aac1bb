#!/usr/bin/env bash
# On a node with GPUs of two models, GPU feature discovery labels it as one or the other, by chance, at every run.
#
# Guess beforehand: the model of the first GPU, or of the most; if it cannot say, no label, or the same one each time.
# Seen, k8s-device-plugin v0.19.3, over NVIDIA's mock with four GPUs called H100 and four called A100: in 1000 runs
# nvidia.com/gpu.product is one in about an eighth of them and the other in the rest, and nvidia.com/gpu.count is 4. Each model's
# labels overwrite the other's, in the order in which Go walks a map. GPU feature discovery runs every minute, so a
# nodeSelector by gpu.product, gpu.count or gpu.memory matches such a node now and then. It writes a warning to its log.
#
# Run: bash findings/gpu-feature-discovery-changes-its-mind-on-nodes-of-two-gpu-models.sh    (needs Go and a C compiler;
# installs into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"
	"slices"

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	spec "github.com/NVIDIA/k8s-device-plugin/api/config/v1"
	"github.com/NVIDIA/k8s-device-plugin/internal/lm"
	"github.com/NVIDIA/k8s-device-plugin/internal/resource"
)

func main() {
	server := dgxa100.New()
	for i, each := range server.Devices {
		each.(*dgxa100.Device).Name = []string{"NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB"}[i/4]
	}
	strategy := "none"
	config := &spec.Config{}
	config.Flags.MigStrategy = &strategy
	seen := []string{}
	for range 1000 {
		labeler, err := lm.NewResourceLabeler(resource.NewNVMLManager(server, device.New(server)), config)
		if err != nil {
			panic(err)
		}
		labels, err := labeler.Labels()
		if err != nil {
			panic(err)
		}
		seen = append(seen, labels["nvidia.com/gpu.count"]+" "+labels["nvidia.com/gpu.product"])
	}
	slices.Sort(seen)
	for _, each := range slices.Compact(seen) {
		fmt.Println(each)
	}
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw" CGO_CFLAGS="-O0 -w"
cd "$folder"
# Its internal packages may be imported by a module of this name.
go mod init github.com/NVIDIA/k8s-device-plugin/finding 2> log
go get github.com/NVIDIA/k8s-device-plugin@v0.19.3 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "gpu.count and gpu.product of one node in 1000 runs, k8s-device-plugin v0.19.3:"
echo "$seen"
[ "$seen" = "4 NVIDIA-A100-SXM4-40GB
4 NVIDIA-H100-80GB-HBM3" ] || { echo "this has changed" >&2; exit 1; }
