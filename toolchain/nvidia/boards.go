package main

import (
	"maps"
	"strings"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
)

// A board is what NVML says of a GPU: name, MiB, compute capability, and MIG profiles by NVML's number; none where the
// board has no MIG.
type board struct {
	name         string
	memory       uint64
	major, minor int
	profiles     map[int]nvml.GpuInstanceProfileInfo
}

const (
	g1    = nvml.GPU_INSTANCE_PROFILE_1_SLICE
	g1me  = nvml.GPU_INSTANCE_PROFILE_1_SLICE_REV1
	g1x2  = nvml.GPU_INSTANCE_PROFILE_1_SLICE_REV2
	g1gfx = nvml.GPU_INSTANCE_PROFILE_1_SLICE_GFX
	g1no  = nvml.GPU_INSTANCE_PROFILE_1_SLICE_NO_ME
	g1all = nvml.GPU_INSTANCE_PROFILE_1_SLICE_ALL_ME
	g2    = nvml.GPU_INSTANCE_PROFILE_2_SLICE
	g2me  = nvml.GPU_INSTANCE_PROFILE_2_SLICE_REV1
	g2gfx = nvml.GPU_INSTANCE_PROFILE_2_SLICE_GFX
	g2no  = nvml.GPU_INSTANCE_PROFILE_2_SLICE_NO_ME
	g2all = nvml.GPU_INSTANCE_PROFILE_2_SLICE_ALL_ME
	g3    = nvml.GPU_INSTANCE_PROFILE_3_SLICE
	g4    = nvml.GPU_INSTANCE_PROFILE_4_SLICE
	g4gfx = nvml.GPU_INSTANCE_PROFILE_4_SLICE_GFX
	g7    = nvml.GPU_INSTANCE_PROFILE_7_SLICE
)

// Figures of the A100 are those of NVIDIA's mock, whose name has "Mock" before it. The others' are what `nvidia-smi` and
// `nvidia-smi mig -lgip` print on real boards (MIG User Guide; NVIDIA/mig-parted issue 120 for H200): NVIDIA's mocks of
// them hold nominal figures, of which their own rule makes other names.
var boards = map[string]board{
	"a100-40gb": {strings.TrimPrefix(dgxa100.NewDevice(0).Name, "Mock "), 40960, 8, 0, dgxa100.MIGProfiles.GpuInstanceProfiles},
	"a100-80gb": {"NVIDIA A100-SXM4-80GB", 81920, 8, 0, withMemory(dgxa100.MIGProfiles.GpuInstanceProfiles, 9728, 19968, 40192, 80896)},
	"a30": {"NVIDIA A30", 24576, 8, 0, map[int]nvml.GpuInstanceProfileInfo{
		g1:   {SliceCount: 1, MemorySizeMB: 5952, MultiprocessorCount: 14, CopyEngineCount: 1},
		g1me: {SliceCount: 1, MemorySizeMB: 5952, MultiprocessorCount: 14, CopyEngineCount: 1, DecoderCount: 1, JpegCount: 1, OfaCount: 1},
		g2:   {SliceCount: 2, MemorySizeMB: 11968, MultiprocessorCount: 28, CopyEngineCount: 2, DecoderCount: 2},
		g2me: {SliceCount: 2, MemorySizeMB: 11968, MultiprocessorCount: 28, CopyEngineCount: 2, DecoderCount: 2, JpegCount: 1, OfaCount: 1},
		g4:   {SliceCount: 4, MemorySizeMB: 24000, MultiprocessorCount: 56, CopyEngineCount: 4, DecoderCount: 4, JpegCount: 1, OfaCount: 1},
	}},
	"h100-80gb":          {"NVIDIA H100 80GB HBM3", 81559, 9, 0, hopper(9984, 20096, 40448, 81152)},
	"h200":               {"NVIDIA H200", 143771, 9, 0, hopper(16384, 33024, 71168, 143104)},
	"l40s":               {"NVIDIA L40S", 46068, 8, 9, nil},
	"rtx-pro-6000":       {"NVIDIA RTX PRO 6000 Blackwell Server Edition", 97887, 12, 0, rtxPro},
	"rtx-pro-6000-max-q": {"NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", 97887, 12, 0, rtxPro},
}

// hopper returns the profiles of a board with seven slices, given the MiB of one, two, four and eight eighths.
func hopper(one, two, four, eight uint64) map[int]nvml.GpuInstanceProfileInfo {
	return withMemory(map[int]nvml.GpuInstanceProfileInfo{
		g1:   {SliceCount: 1, MultiprocessorCount: 16, CopyEngineCount: 1, DecoderCount: 1, JpegCount: 1},
		g1me: {SliceCount: 1, MultiprocessorCount: 16, CopyEngineCount: 1, DecoderCount: 1, JpegCount: 1, OfaCount: 1},
		g1x2: {SliceCount: 1, MultiprocessorCount: 26, CopyEngineCount: 1, DecoderCount: 1, JpegCount: 1},
		g2:   {SliceCount: 2, MultiprocessorCount: 32, CopyEngineCount: 2, DecoderCount: 2, JpegCount: 2},
		g3:   {SliceCount: 3, MultiprocessorCount: 60, CopyEngineCount: 3, DecoderCount: 3, JpegCount: 3},
		g4:   {SliceCount: 4, MultiprocessorCount: 64, CopyEngineCount: 4, DecoderCount: 4, JpegCount: 4},
		g7:   {SliceCount: 7, MultiprocessorCount: 132, CopyEngineCount: 8, DecoderCount: 7, JpegCount: 7, OfaCount: 1},
	}, one, two, four, eight)
}

var rtxPro = map[int]nvml.GpuInstanceProfileInfo{
	g1:    {SliceCount: 1, MemorySizeMB: 24192, MultiprocessorCount: 46, CopyEngineCount: 1, DecoderCount: 1, EncoderCount: 1, JpegCount: 1},
	g1me:  {SliceCount: 1, MemorySizeMB: 24192, MultiprocessorCount: 46, CopyEngineCount: 1, DecoderCount: 1, EncoderCount: 1, JpegCount: 1, OfaCount: 1},
	g1gfx: {SliceCount: 1, MemorySizeMB: 24192, MultiprocessorCount: 46, CopyEngineCount: 1, DecoderCount: 1, EncoderCount: 1, JpegCount: 1},
	g1no:  {SliceCount: 1, MemorySizeMB: 24192, MultiprocessorCount: 46, CopyEngineCount: 1},
	g1all: {SliceCount: 1, MemorySizeMB: 24192, MultiprocessorCount: 46, CopyEngineCount: 1, DecoderCount: 4, EncoderCount: 4, JpegCount: 4, OfaCount: 1},
	g2:    {SliceCount: 2, MemorySizeMB: 48512, MultiprocessorCount: 94, CopyEngineCount: 2, DecoderCount: 2, EncoderCount: 2, JpegCount: 2},
	g2gfx: {SliceCount: 2, MemorySizeMB: 48512, MultiprocessorCount: 94, CopyEngineCount: 2, DecoderCount: 2, EncoderCount: 2, JpegCount: 2},
	g2no:  {SliceCount: 2, MemorySizeMB: 48512, MultiprocessorCount: 94, CopyEngineCount: 2},
	g2all: {SliceCount: 2, MemorySizeMB: 48512, MultiprocessorCount: 94, CopyEngineCount: 2, DecoderCount: 4, EncoderCount: 4, JpegCount: 4, OfaCount: 1},
	g4:    {SliceCount: 4, MemorySizeMB: 97280, MultiprocessorCount: 188, CopyEngineCount: 4, DecoderCount: 4, EncoderCount: 4, JpegCount: 4, OfaCount: 1},
	g4gfx: {SliceCount: 4, MemorySizeMB: 97280, MultiprocessorCount: 188, CopyEngineCount: 4, DecoderCount: 4, EncoderCount: 4, JpegCount: 4, OfaCount: 1},
}

// withMemory returns the profiles with the MiB of one, two, four and eight eighths of a board.
func withMemory(profiles map[int]nvml.GpuInstanceProfileInfo, one, two, four, eight uint64) map[int]nvml.GpuInstanceProfileInfo {
	eighths := map[int]uint64{g1: one, g1me: one, g1x2: two, g2: two, g3: four, g4: four, g7: eight}
	all := maps.Clone(profiles)
	for id, info := range all {
		info.MemorySizeMB = eighths[id]
		all[id] = info
	}
	return all
}

// NVML has IDs of its own for profiles; any will do that differ.
func init() {
	for _, board := range boards {
		for id, info := range board.profiles {
			info.Id = uint32(id)
			board.profiles[id] = info
		}
	}
}
