#!/usr/bin/env bash
# Of two DeviceClasses with one extendedResourceName, the deletion of either leaves the resource without a class.
#
# Guess beforehand: the class that is left answers the resource; the deletion of the one that is not used changes nothing.
# Seen, k8s.io/dynamic-resource-allocation v0.37.2, with which kube-scheduler looks classes up: the newer
# class is used, and when either is deleted, also the older one, nothing answers the resource until a class of that name
# is written again. New pods wait with "Insufficient nvidia.com/mig-3g.40gb" beside free devices.
#
# Run: bash findings/deleting-one-of-two-device-classes-unmaps-the-resource-of-both.sh    (needs Go; installs
# into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/main.go" <<'PROGRAM'
package main

import (
	"fmt"
	"time"

	resource "k8s.io/api/resource/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/dynamic-resource-allocation/deviceclass/extendedresourcecache"
	"k8s.io/klog/v2"
)

func class(name string, day int) *resource.DeviceClass {
	slice := "nvidia.com/mig-3g.40gb"
	created := meta.NewTime(time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC))
	return &resource.DeviceClass{
		ObjectMeta: meta.ObjectMeta{Name: name, CreationTimestamp: created},
		Spec:       resource.DeviceClassSpec{ExtendedResourceName: &slice},
	}
}

func main() {
	for _, deleted := range []string{"older", "newer"} {
		classes := extendedresourcecache.NewExtendedResourceCache(klog.Background())
		both := map[string]*resource.DeviceClass{"older": class("older", 1), "newer": class("newer", 2)}
		classes.OnAdd(both["older"], false)
		classes.OnAdd(both["newer"], false)
		used := classes.GetDeviceClass("nvidia.com/mig-3g.40gb").Name
		classes.OnDelete(both[deleted])
		left := classes.GetDeviceClass("nvidia.com/mig-3g.40gb")
		fmt.Printf("uses %s; without %s: %v\n", used, deleted, left)
	}
}
PROGRAM
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw"
cd "$folder"
go mod init finding 2> log
go get k8s.io/dynamic-resource-allocation@v0.37.2 2>> log
seen=$(go run . 2>> log) || { cat log >&2; exit 1; }
echo "two classes of nvidia.com/mig-3g.40gb, k8s.io/dynamic-resource-allocation v0.37.2:"
echo "$seen"
[ "$seen" = "uses newer; without older: nil
uses newer; without newer: nil" ] || { echo "this has changed" >&2; exit 1; }
