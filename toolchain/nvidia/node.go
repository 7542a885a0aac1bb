package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
)

// A file of the driver, relative to the folder that the program runs in: build.py changes the device plugin's path.
const capabilities = "nvidia-caps"

// newNode returns NVIDIA's mock of a DGX A100 with other GPUs in it.
func newNode(gpus []gpu) (nvml.Interface, error) {
	server := dgxa100.New()
	devices := []nvml.Device{}
	var minors strings.Builder
	for i, each := range gpus {
		board, known := boards[each.Board]
		if !known {
			return nil, fmt.Errorf("no such board: %q", each.Board)
		}
		d := newGPU(i, board, each.Mig)
		if err := d.cut(device.New(server), each.Slices); err != nil {
			return nil, err
		}
		for _, m := range d.migs {
			fmt.Fprintf(&minors, "gpu%d/gi%d/access 1\ngpu%d/gi%d/ci%d/access 1\n", i, m.gi, i, m.gi, m.ci)
		}
		devices = append(devices, d)
	}
	server.DeviceGetCountFunc = func() (int, nvml.Return) { return len(devices), nvml.SUCCESS }
	server.DeviceGetHandleByIndexFunc = func(i int) (nvml.Device, nvml.Return) { return devices[i], nvml.SUCCESS }
	if err := os.MkdirAll(capabilities, 0o700); err != nil {
		return nil, err
	}
	return server, os.WriteFile(capabilities+"/mig-minors", []byte(minors.String()), 0o600)
}

// A node's GPU: NVIDIA's mock of an A100, with another board's figures and with handles of MIG devices, which it lacks.
type gpuDevice struct {
	*dgxa100.Device
	board board
	gis   []instance
	migs  []migDevice
}

// instance is a GPU instance: its profile, and the profile IDs of its compute instances.
type instance struct {
	profile nvml.GpuInstanceProfileInfo
	cis     []nvml.ComputeInstanceProfileInfo
}

// migDevice is one compute instance of a GPU instance.
type migDevice struct {
	gi, ci int
	handle nvml.Device
}

func newGPU(index int, b board, mig bool) *gpuDevice {
	d := &gpuDevice{Device: dgxa100.NewDevice(index), board: b}
	d.UUID = fmt.Sprintf("GPU-%08d-0000-0000-0000-000000000000", index)
	d.Name = b.name
	d.MemoryInfo = nvml.Memory{Total: b.memory << 20}
	d.CudaComputeCapability = dgxa100.CudaComputeCapability{Major: b.major, Minor: b.minor}
	if mig {
		d.MigMode = nvml.DEVICE_MIG_ENABLE
	}
	if len(b.profiles) == 0 {
		d.GetMigModeFunc = func() (int, int, nvml.Return) { return 0, 0, nvml.ERROR_NOT_SUPPORTED }
	}
	d.GetGpuFabricInfoFunc = func() (nvml.GpuFabricInfo, nvml.Return) {
		return nvml.GpuFabricInfo{}, nvml.ERROR_NOT_SUPPORTED
	}
	d.GetGpuInstanceProfileInfoFunc = func(id int) (nvml.GpuInstanceProfileInfo, nvml.Return) {
		if info, known := b.profiles[id]; known {
			return info, nvml.SUCCESS
		}
		return nvml.GpuInstanceProfileInfo{}, nvml.ERROR_NOT_SUPPORTED
	}
	d.GetMaxMigDeviceCountFunc = func() (int, nvml.Return) { return len(d.migs), nvml.SUCCESS }
	d.GetMigDeviceHandleByIndexFunc = func(i int) (nvml.Device, nvml.Return) { return d.migs[i].handle, nvml.SUCCESS }
	d.GetGpuInstanceByIdFunc = func(id int) (nvml.GpuInstance, nvml.Return) { return d.gpuInstance(id), nvml.SUCCESS }
	return d
}

// cut makes the slices, in their order; NVIDIA's own rule says which profile a name is.
func (d *gpuDevice) cut(lib device.Interface, names []string) error {
	for _, name := range names {
		name, split, _ := strings.Cut(name, ":")
		id, whole, err := d.find(lib, name)
		if err != nil {
			return err
		}
		cis := []nvml.ComputeInstanceProfileInfo{d.computeProfile(id, whole)}
		if split == "1c" {
			cis = nil
			for range d.board.profiles[id].SliceCount {
				cis = append(cis, d.computeProfile(id, nvml.COMPUTE_INSTANCE_PROFILE_1_SLICE))
			}
		}
		gi := len(d.gis)
		d.gis = append(d.gis, instance{d.board.profiles[id], cis})
		for ci := range cis {
			d.migs = append(d.migs, migDevice{gi, ci, d.handle(gi, ci)})
		}
	}
	return nil
}

// find returns the profile of a name, and that of a compute instance that takes all of it.
func (d *gpuDevice) find(lib device.Interface, name string) (int, int, error) {
	known := []string{}
	for id, info := range d.board.profiles {
		whole := wholeOf[info.SliceCount]
		profile, err := lib.NewMigProfile(id, whole, nvml.COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED, info.MemorySizeMB, d.MemoryInfo.Total)
		if err != nil {
			return 0, 0, err
		}
		if profile.String() == name {
			return id, whole, nil
		}
		known = append(known, profile.String())
	}
	return 0, 0, fmt.Errorf("%s has no profile %q, only %v", d.Name, name, known)
}

// computeProfile returns the share of a GPU instance that a compute instance has; the engines are those of all of it.
func (d *gpuDevice) computeProfile(gi, ci int) nvml.ComputeInstanceProfileInfo {
	all := d.board.profiles[gi]
	size := all.SliceCount
	if ci == nvml.COMPUTE_INSTANCE_PROFILE_1_SLICE {
		size = 1
	}
	return nvml.ComputeInstanceProfileInfo{
		Id:                    uint32(ci),
		SliceCount:            size,
		MultiprocessorCount:   all.MultiprocessorCount * size / all.SliceCount,
		SharedCopyEngineCount: all.CopyEngineCount,
		SharedDecoderCount:    all.DecoderCount,
		SharedEncoderCount:    all.EncoderCount,
		SharedJpegCount:       all.JpegCount,
		SharedOfaCount:        all.OfaCount,
	}
}

func (d *gpuDevice) handle(gi, ci int) nvml.Device {
	instance := d.gis[gi]
	share := instance.cis[ci]
	return &mock.Device{
		IsMigDeviceHandleFunc:                  func() (bool, nvml.Return) { return true, nvml.SUCCESS },
		GetDeviceHandleFromMigDeviceHandleFunc: func() (nvml.Device, nvml.Return) { return d, nvml.SUCCESS },
		GetGpuInstanceIdFunc:                   func() (int, nvml.Return) { return gi, nvml.SUCCESS },
		GetComputeInstanceIdFunc:               func() (int, nvml.Return) { return ci, nvml.SUCCESS },
		GetUUIDFunc: func() (string, nvml.Return) {
			return fmt.Sprintf("MIG-%08d-%04d-%04d-0000-000000000000", d.Index, gi, ci), nvml.SUCCESS
		},
		GetMemoryInfoFunc: func() (nvml.Memory, nvml.Return) {
			return nvml.Memory{Total: instance.profile.MemorySizeMB << 20}, nvml.SUCCESS
		},
		GetAttributesFunc: func() (nvml.DeviceAttributes, nvml.Return) {
			return nvml.DeviceAttributes{
				MemorySizeMB:              instance.profile.MemorySizeMB,
				MultiprocessorCount:       share.MultiprocessorCount,
				GpuInstanceSliceCount:     instance.profile.SliceCount,
				ComputeInstanceSliceCount: share.SliceCount,
				SharedCopyEngineCount:     share.SharedCopyEngineCount,
				SharedDecoderCount:        share.SharedDecoderCount,
				SharedEncoderCount:        share.SharedEncoderCount,
				SharedJpegCount:           share.SharedJpegCount,
				SharedOfaCount:            share.SharedOfaCount,
			}, nvml.SUCCESS
		},
	}
}

func (d *gpuDevice) gpuInstance(id int) nvml.GpuInstance {
	instance := d.gis[id]
	return &mock.GpuInstance{
		GetInfoFunc: func() (nvml.GpuInstanceInfo, nvml.Return) {
			return nvml.GpuInstanceInfo{Id: uint32(id), ProfileId: instance.profile.Id}, nvml.SUCCESS
		},
		GetComputeInstanceByIdFunc: func(ci int) (nvml.ComputeInstance, nvml.Return) {
			return dgxa100.NewComputeInstance(nvml.ComputeInstanceInfo{Id: uint32(ci), ProfileId: instance.cis[ci].Id}), nvml.SUCCESS
		},
		GetComputeInstanceProfileInfoFunc: func(profile, engine int) (nvml.ComputeInstanceProfileInfo, nvml.Return) {
			for _, each := range instance.cis {
				if int(each.Id) == profile && engine == nvml.COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED {
					return each, nvml.SUCCESS
				}
			}
			return nvml.ComputeInstanceProfileInfo{}, nvml.ERROR_NOT_SUPPORTED
		},
	}
}

// wholeOf has the compute instance profile that takes all slices of a GPU instance, by their number.
var wholeOf = map[uint32]int{
	1: nvml.COMPUTE_INSTANCE_PROFILE_1_SLICE,
	2: nvml.COMPUTE_INSTANCE_PROFILE_2_SLICE,
	3: nvml.COMPUTE_INSTANCE_PROFILE_3_SLICE,
	4: nvml.COMPUTE_INSTANCE_PROFILE_4_SLICE,
	7: nvml.COMPUTE_INSTANCE_PROFILE_7_SLICE,
}
