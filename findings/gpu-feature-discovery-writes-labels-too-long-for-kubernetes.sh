#!/usr/bin/env bash
# GPU feature discovery makes labels whose values are longer than the 63 characters that Kubernetes takes, without an error.
#
# Guess beforehand: it shortens them, or its log says which label cannot be written.
# Seen, k8s-device-plugin v0.19.3, with its own mock: an RTX PRO 6000 Max-Q cut under strategy single has the label
# nvidia.com/gpu.product of 67 characters. Node feature discovery v0.18.3, which writes the labels to nodes, drops what
# Kubernetes' validation refuses: such a node has no gpu.product at all, and selectors by it match nothing.
#
# Run: bash findings/gpu-feature-discovery-writes-labels-too-long-for-kubernetes.sh    (needs Go and a C compiler; installs
# into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"

	spec "github.com/NVIDIA/k8s-device-plugin/api/config/v1"
	"github.com/NVIDIA/k8s-device-plugin/internal/lm"
	mock "github.com/NVIDIA/k8s-device-plugin/internal/resource/testing"
	"sigs.k8s.io/node-feature-discovery/pkg/apis/nfd/validate"
)

func main() {
	gpu := mock.NewDeviceMock(true).WithMigDevices(mock.NewMigDevice(1, 1, 24))
	gpu.GetNameFunc = func() (string, error) { return "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", nil }
	strategy := "single"
	config := &spec.Config{}
	config.Flags.MigStrategy = &strategy
	labeler, err := lm.NewResourceLabeler(mock.NewManagerMockWithDevices(gpu), config)
	if err != nil {
		panic(err)
	}
	labels, err := labeler.Labels()
	product := labels["nvidia.com/gpu.product"]
	fmt.Println(product, len(product), "characters, error:", err)
	fmt.Println("node feature discovery takes it:", validate.Label("nvidia.com/gpu.product", product) == nil)
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw" CGO_CFLAGS="-O0 -w"
cd "$folder"
# Its internal packages may be imported by a module of this name.
go mod init github.com/NVIDIA/k8s-device-plugin/finding 2> log
go get github.com/NVIDIA/k8s-device-plugin@v0.19.3 sigs.k8s.io/node-feature-discovery@v0.18.3 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "nvidia.com/gpu.product, k8s-device-plugin v0.19.3:"
echo "$seen"
[ "$seen" = "NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition-MIG-1g.24gb 67 characters, error: <nil>
node feature discovery takes it: false" ] || { echo "this has changed" >&2; exit 1; }
