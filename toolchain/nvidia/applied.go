package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	_ "unsafe" // for linkname

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	spec "github.com/NVIDIA/mig-parted/api/spec/v1"
	"github.com/NVIDIA/mig-parted/pkg/mig/config"
	"github.com/NVIDIA/mig-parted/pkg/types"
	"github.com/sirupsen/logrus"
	"sigs.k8s.io/yaml"
)

// mig-parted reads a profile's name with the NVML of the machine that it runs on, and has no way in for a mock of another
// board than an A100 40GB.
//
//go:linkname nvmlOfProfiles github.com/NVIDIA/mig-parted/pkg/types.nvmllib
var nvmlOfProfiles nvml.Interface

//go:linkname devicesOfProfiles github.com/NVIDIA/mig-parted/pkg/types.nvdevlib
var devicesOfProfiles device.Interface

// A driven node is one whose driver has limits, which NVIDIA's mock lacks: it makes whatever it is asked for.
type drivenNode struct {
	Board    string            `json:"board"`
	GPUs     int               `json:"gpus"`
	Compute  uint32            `json:"compute"`
	Profiles map[string]limits `json:"profiles"`
	// Of the places that are free, a slice gets the first, or the last.
	Last bool `json:"last"`
}

// Limits of a profile: its memory slices, where they may begin, how many slices of it a GPU has at most, and whether it
// has the media engines, of which a GPU has one set.
type limits struct {
	Size   uint32   `json:"size"`
	Starts []uint32 `json:"starts"`
	Most   int      `json:"most"`
	Media  bool     `json:"media"`
}

// An applied config has for each GPU the slices that mig-parted made, null where it made none, or why it failed.
type applied struct {
	GPUs  []*madeGPU `json:"gpus"`
	Error string     `json:"error,omitempty"`
}

// A madeGPU has slices as mig-parted counts them, and where each lies.
type madeGPU struct {
	Slices types.MigConfig     `json:"slices"`
	Places map[string][]uint32 `json:"places"`
}

// appliedTo returns what mig-parted makes of a node by each config of a file.
func appliedTo(file string, input io.Reader) (map[string]applied, error) {
	logrus.SetOutput(io.Discard)
	var node drivenNode
	if err := json.NewDecoder(input).Decode(&node); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all spec.Spec
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	found := map[string]applied{}
	for name, parts := range all.MigConfigs {
		made, err := node.apply(parts)
		if err != nil {
			found[name] = applied{Error: err.Error()}
		} else {
			found[name] = applied{GPUs: made}
		}
	}
	return found, nil
}

// apply does what `nvidia-mig-parted apply` does, without its look at PCI devices.
func (n drivenNode) apply(parts spec.MigConfigSpecSlice) ([]*madeGPU, error) {
	server, devices, err := n.server()
	if err != nil {
		return nil, err
	}
	nvmlOfProfiles, devicesOfProfiles = server, device.New(server)
	manager := config.NewMockNvmlMigConfigManager(server)
	made := make([]*madeGPU, n.GPUs)
	for _, part := range parts {
		for i := range devices {
			if !part.MatchesDevices(i) || !part.MigEnabled {
				continue
			}
			if err := manager.SetMigConfig(i, part.MigDevices); err != nil {
				return nil, fmt.Errorf("GPU %d: %w", i, err)
			}
			slices, err := manager.GetMigConfig(i)
			if err != nil {
				return nil, err
			}
			made[i] = &madeGPU{slices, devices[i].places()}
		}
	}
	return made, nil
}

func (n drivenNode) server() (nvml.Interface, []*drivenGPU, error) {
	server := dgxa100.New()
	devices := []*drivenGPU{}
	board, known := boards[n.Board]
	if !known {
		return nil, nil, fmt.Errorf("no such board: %q", n.Board)
	}
	for i := range n.GPUs {
		gpu := &drivenGPU{gpuDevice: newGPU(i, board, true), node: n, names: map[uint32]string{}}
		for name := range n.Profiles {
			id, _, err := gpu.find(device.New(server), name)
			if err != nil {
				return nil, nil, err
			}
			gpu.names[uint32(id)] = name
		}
		gpu.CreateGpuInstanceFunc = gpu.create
		devices = append(devices, gpu)
	}
	server.DeviceGetCountFunc = func() (int, nvml.Return) { return len(devices), nvml.SUCCESS }
	server.DeviceGetHandleByIndexFunc = func(i int) (nvml.Device, nvml.Return) { return devices[i], nvml.SUCCESS }
	return server, devices, nil
}

// A drivenGPU makes GPU instances within the limits of its driver.
type drivenGPU struct {
	*gpuDevice
	node  drivenNode
	names map[uint32]string
}

func (d *drivenGPU) create(info *nvml.GpuInstanceProfileInfo) (nvml.GpuInstance, nvml.Return) {
	name, known := d.names[info.Id]
	if !known {
		return nil, nvml.ERROR_NOT_SUPPORTED
	}
	profile := d.node.Profiles[name]
	alike, compute, taken := 0, info.SliceCount, []nvml.GpuInstancePlacement{}
	for other := range d.GpuInstances {
		taken = append(taken, other.Info.Placement)
		compute += d.board.profiles[int(other.Info.ProfileId)].SliceCount
		if other.Info.ProfileId == info.Id {
			alike++
		}
		if profile.Media && d.node.Profiles[d.names[other.Info.ProfileId]].Media {
			return nil, nvml.ERROR_INSUFFICIENT_RESOURCES
		}
	}
	start, free := profile.place(taken, d.node.Last)
	if !free || alike == profile.Most || compute > d.node.Compute {
		return nil, nvml.ERROR_INSUFFICIENT_RESOURCES
	}
	gi := dgxa100.NewGpuInstance(nvml.GpuInstanceInfo{
		Device:    d.Device,
		Id:        d.GpuInstanceCounter,
		ProfileId: info.Id,
		Placement: nvml.GpuInstancePlacement{Start: start, Size: profile.Size},
	})
	d.GpuInstanceCounter++
	d.GpuInstances[gi] = struct{}{}
	whole := wholeOf[info.SliceCount]
	gi.GetComputeInstanceProfileInfoFunc = func(ci, engine int) (nvml.ComputeInstanceProfileInfo, nvml.Return) {
		if ci != whole || engine != nvml.COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED {
			return nvml.ComputeInstanceProfileInfo{}, nvml.ERROR_NOT_SUPPORTED
		}
		return d.computeProfile(int(info.Id), ci), nvml.SUCCESS
	}
	// mig-parted tries to make one more in the same GPU instance; the first has all of it.
	unlimited := gi.CreateComputeInstanceFunc
	gi.CreateComputeInstanceFunc = func(info *nvml.ComputeInstanceProfileInfo) (nvml.ComputeInstance, nvml.Return) {
		if len(gi.ComputeInstances) > 0 {
			return nil, nvml.ERROR_INSUFFICIENT_RESOURCES
		}
		return unlimited(info)
	}
	return gi, nvml.SUCCESS
}

// place returns where a slice begins beside those that have their places, if it has one.
func (l limits) place(taken []nvml.GpuInstancePlacement, last bool) (uint32, bool) {
	starts := slices.Clone(l.Starts)
	if last {
		slices.Reverse(starts)
	}
	for _, start := range starts {
		overlaps := func(other nvml.GpuInstancePlacement) bool {
			return start < other.Start+other.Size && other.Start < start+l.Size
		}
		if !slices.ContainsFunc(taken, overlaps) {
			return start, true
		}
	}
	return 0, false
}

// places returns where the slices of each profile begin, in order.
func (d *drivenGPU) places() map[string][]uint32 {
	found := map[string][]uint32{}
	for gi := range d.GpuInstances {
		name := d.names[gi.Info.ProfileId]
		found[name] = append(found[name], gi.Info.Placement.Start)
	}
	for _, starts := range found {
		slices.Sort(starts)
	}
	return found
}

// mockPlacements returns where NVIDIA's mock says that slices of an A100 40GB may begin, and their memory slices.
func mockPlacements() (map[string]limits, error) {
	gpu := newGPU(0, boards["a100-40gb"], true)
	lib := device.New(dgxa100.New())
	found := map[string]limits{}
	for id, info := range gpu.board.profiles {
		profile, err := lib.NewMigProfile(id, wholeOf[info.SliceCount], nvml.COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED, info.MemorySizeMB, gpu.MemoryInfo.Total)
		if err != nil {
			return nil, err
		}
		places := limits{Most: int(info.InstanceCount)}
		for _, place := range dgxa100.MIGPlacements.GpuInstancePossiblePlacements[id] {
			places.Starts, places.Size = append(places.Starts, place.Start), place.Size
		}
		found[profile.String()] = places
	}
	return found, nil
}
