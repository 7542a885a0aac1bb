#!/usr/bin/env bash
# mig-parted that is told to cut a GPU into a profile which the GPU has not destroys its slices, and returns no error.
#
# Guess beforehand: it refuses the profile, and the slices stay, as they do where the name cannot be a profile's.
# Seen, mig-parted v0.13.1, over NVIDIA's mock of an A100 40GB: with 7 slices of 1g.5gb on it, {"3g.71gb": 2} (two slices
# of an H200) gives no error and leaves none. A name that no profile of any GPU has makes the whole list of wanted slices
# empty (MigConfig.Flatten), and an empty list is made at once. MIG manager then labels the node
# nvidia.com/mig.config.state=success.
#
# Run: bash findings/mig-parted-empties-gpus-and-reports-success.sh    (needs Go and a C compiler; installs into a temporary
# folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	"github.com/NVIDIA/mig-parted/pkg/mig/config"
	"github.com/NVIDIA/mig-parted/pkg/types"
)

func main() {
	// It reads names of profiles with the GPUs of the machine: here with NVIDIA's mock of one.
	types.SetMockNVdevlib()
	server := dgxa100.New()
	server.Devices[0].SetMigMode(nvml.DEVICE_MIG_ENABLE)
	manager := config.NewMockNvmlMigConfigManager(server)
	for _, wanted := range []types.MigConfig{{"1g.5gb": 7}, {"3g.71gb": 2}} {
		err := manager.SetMigConfig(0, wanted)
		has, _ := manager.GetMigConfig(0)
		fmt.Println("wanted", wanted, "error", err, "has", has)
	}
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw" CGO_CFLAGS="-O0 -w"
cd "$folder"
go mod init finding 2> log
go get github.com/NVIDIA/mig-parted@v0.13.1 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "mig-parted v0.13.1 on an A100 40GB:"
echo "$seen"
[ "$seen" = "wanted map[1g.5gb:7] error <nil> has map[1g.5gb:7]
wanted map[3g.71gb:2] error <nil> has map[]" ] || { echo "this has changed" >&2; exit 1; }
