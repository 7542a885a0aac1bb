#!/usr/bin/env bash
# A pod that takes any slice gets the large one, and the next pod, which needs it, gets nothing beside a free small one.
#
# Guess beforehand: whoever takes any device is given the smallest, or one that nobody else needs.
# Seen, k8s.io/dynamic-resource-allocation v0.37.2, the allocator of kube-scheduler: requests of
# one claim are fitted together, and get the small and the large slice. Of two pods the first gets whichever device is
# first in the ResourceSlice; nothing is moved later. NVIDIA's DRA driver publishes slices in an order of chance.
#
# Run: bash findings/a-pod-that-takes-any-slice-gets-the-large-one.sh    (needs Go; installs
# into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"context"
	"fmt"

	core "k8s.io/api/core/v1"
	resource "k8s.io/api/resource/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/structured"
)

const driver = "gpu.nvidia.com"

type classes struct{}

func (classes) List() ([]*resource.DeviceClass, error) { return nil, nil }

func (classes) Get(name string) (*resource.DeviceClass, error) {
	return &resource.DeviceClass{ObjectMeta: meta.ObjectMeta{Name: name}}, nil
}

func device(name, profile string) resource.Device {
	attributes := map[resource.QualifiedName]resource.DeviceAttribute{"profile": {StringValue: &profile}}
	return resource.Device{Name: name, Attributes: attributes}
}

func request(name, selector string) resource.DeviceRequest {
	exactly := &resource.ExactDeviceRequest{DeviceClassName: "mig.nvidia.com", AllocationMode: resource.DeviceAllocationModeExactCount, Count: 1}
	if selector != "" {
		exactly.Selectors = []resource.DeviceSelector{{CEL: &resource.CELDeviceSelector{Expression: selector}}}
	}
	return resource.DeviceRequest{Name: name, Exactly: exactly}
}

func claim(requests ...resource.DeviceRequest) *resource.ResourceClaim {
	return &resource.ResourceClaim{Spec: resource.ResourceClaimSpec{Devices: resource.DeviceClaim{Requests: requests}}}
}

func main() {
	any, large := request("any", ""), request("large", `device.attributes["gpu.nvidia.com"].profile == "3g.40gb"`)
	node := "n"
	slice := &resource.ResourceSlice{Spec: resource.ResourceSliceSpec{
		Driver: driver, NodeName: &node, Pool: resource.ResourcePool{Name: node, ResourceSliceCount: 1},
		Devices: []resource.Device{device("the-large-one", "3g.40gb"), device("the-small-one", "1g.10gb")},
	}}
	taken := structured.AllocatedState{AllocatedDevices: sets.New[structured.DeviceID](), AllocatedSharedDeviceIDs: sets.New[structured.SharedDeviceID](), AggregatedCapacity: structured.NewConsumedCapacityCollection()}
	allocate := func(wanted *resource.ResourceClaim) {
		ctx := context.Background()
		allocator, err := structured.NewAllocator(ctx, structured.Features{}, taken, classes{}, []*resource.ResourceSlice{slice}, cel.NewCache(10, cel.Features{}))
		if err != nil {
			panic(err)
		}
		results, err := allocator.Allocate(ctx, &core.Node{ObjectMeta: meta.ObjectMeta{Name: node}}, []*resource.ResourceClaim{wanted})
		if err != nil {
			panic(err)
		}
		for _, result := range results {
			for _, got := range result.Devices.Results {
				fmt.Println(got.Request, "gets", got.Device)
				taken.AllocatedDevices.Insert(structured.MakeDeviceID(got.Driver, got.Pool, got.Device))
			}
		}
		if len(results) == 0 {
			fmt.Println(wanted.Spec.Devices.Requests[0].Name, "gets nothing")
		}
	}
	fmt.Println("one pod for both:")
	allocate(claim(any, large))
	taken.AllocatedDevices.Clear()
	fmt.Println("one pod after the other:")
	allocate(claim(any))
	allocate(claim(large))
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw"
cd "$folder"
go mod init finding 2> log
go get k8s.io/dynamic-resource-allocation@v0.37.2 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "two slices, two requests, k8s.io/dynamic-resource-allocation v0.37.2:"
echo "$seen"
[ "$seen" = "one pod for both:
any gets the-small-one
large gets the-large-one
one pod after the other:
any gets the-large-one
large gets nothing" ] || { echo "this has changed" >&2; exit 1; }
