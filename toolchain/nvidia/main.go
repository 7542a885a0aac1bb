// Prints what NVIDIA's own components say of a node: the labels that GPU feature discovery writes, and the resources
// that the device plugin registers.
//
// Reads a JSON array of layouts from standard input, each an object of type layout, and writes a JSON array with one
// answer for each, in their order. With a config file of mig-parted as its argument it reads device ids of GPUs instead,
// and writes what MIG manager makes of such GPUs by each layout of the file; with `apply` before the file it reads a node,
// and writes what mig-parted makes of its GPUs where their driver has limits. The components run as published, over NVIDIA's mock of NVML: no GPU is needed. The
// module is named as a part of the device plugin's, whose internal packages it imports.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/NVIDIA/go-nvlib/pkg/nvlib/device"
	"github.com/NVIDIA/go-nvlib/pkg/nvlib/info"
	spec "github.com/NVIDIA/k8s-device-plugin/api/config/v1"
	"github.com/NVIDIA/k8s-device-plugin/internal/lm"
	"github.com/NVIDIA/k8s-device-plugin/internal/resource"
	"github.com/NVIDIA/k8s-device-plugin/internal/rm"
	"github.com/NVIDIA/k8s-device-plugin/internal/vgpu"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/klog/v2"
)

// Labels of a node with two GPU models depend on the order in which Go walks a map. The rarer comes up in one run of
// eight, so both do within so many.
const runs = 512

// A layout is a node: its GPUs in order, the MIG strategy, and the `sharing` section of the device plugin's config file.
type layout struct {
	GPUs     []gpu           `json:"gpus"`
	Strategy string          `json:"strategy"`
	Sharing  json.RawMessage `json:"sharing,omitempty"`
}

// A gpu of a board in boards.go. Slices are MIG profiles; "3g.20gb:1c" is one split into compute instances of one slice.
type gpu struct {
	Board  string   `json:"board"`
	Mig    bool     `json:"mig"`
	Slices []string `json:"slices,omitempty"`
}

// An answer has the sets of labels that the node may get, those among them that node feature discovery drops, and the
// units of each resource. A component that fails writes or registers nothing, and its error is here.
type answer struct {
	Labels         []map[string]string `json:"labels"`
	Dropped        map[string]string   `json:"dropped,omitempty"`
	LabelsError    string              `json:"labelsError,omitempty"`
	Resources      map[string]int      `json:"resources"`
	ResourcesError string              `json:"resourcesError,omitempty"`
}

func main() {
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
	answers, err := answersTo(os.Args[1:])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fail(err)
	}
}

// answersTo answers what standard input asks: layouts, or with a config file of mig-parted, device ids or, after `apply`,
// a node; `placements` asks where the mock's slices may begin.
func answersTo(arguments []string) (any, error) {
	if len(arguments) == 2 && arguments[0] == "apply" {
		return appliedTo(arguments[1], os.Stdin)
	}
	if len(arguments) == 1 && arguments[0] == "placements" {
		return mockPlacements()
	}
	if len(arguments) == 1 {
		var ids []string
		if err := json.NewDecoder(os.Stdin).Decode(&ids); err != nil {
			return nil, err
		}
		return madeOf(arguments[0], ids)
	}
	var layouts []layout
	if err := json.NewDecoder(os.Stdin).Decode(&layouts); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "nvidia-layouts-")
	if err != nil {
		return nil, err
	}
	answers, err := answersIn(folder, layouts)
	return answers, errors.Join(err, os.RemoveAll(folder))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

func answersIn(folder string, layouts []layout) ([]answer, error) {
	if err := os.Chdir(folder); err != nil {
		return nil, err
	}
	defer os.Chdir("/")
	answers := []answer{}
	for i, layout := range layouts {
		answer, err := answerTo(layout)
		if err != nil {
			return nil, fmt.Errorf("layout %d: %w", i, err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func answerTo(l layout) (answer, error) {
	server, err := newNode(l.GPUs)
	if err != nil {
		return answer{}, err
	}
	devices := device.New(server)
	config, err := newConfig(l)
	if err != nil {
		return answer{}, err
	}
	result := answer{Labels: []map[string]string{}, Dropped: map[string]string{}, Resources: map[string]int{}}
	for range runsFor(l.GPUs) {
		labels, err := labelsOf(resource.NewNVMLManager(server, devices), config)
		if err != nil {
			result.LabelsError = err.Error()
			break
		}
		result.add(labels)
	}
	slices.SortFunc(result.Labels, func(a, b map[string]string) int {
		return slices.Compare(values(a), values(b))
	})
	if err := rm.AddDefaultResourcesToConfig(nvmlOnly{}, server, devices, config); err != nil {
		return answer{}, err
	}
	managers, err := rm.NewNVMLResourceManagers(nvmlOnly{}, server, devices, config)
	if err != nil {
		result.ResourcesError = err.Error()
	}
	for _, manager := range managers {
		result.Resources[string(manager.Resource())] = len(manager.Devices())
	}
	return result, nil
}

func runsFor(gpus []gpu) int {
	for _, each := range gpus {
		if each.Board != gpus[0].Board {
			return runs
		}
	}
	return 1
}

// newConfig reads the settings as the components read their config file, and drops what both of them drop.
func newConfig(l layout) (*spec.Config, error) {
	config := &spec.Config{Version: spec.Version}
	if l.Sharing != nil {
		if err := json.Unmarshal(l.Sharing, &config.Sharing); err != nil {
			return nil, err
		}
	}
	failOnInitError, machineTypeFile := true, ""
	config.Flags.MigStrategy = &l.Strategy
	config.Flags.FailOnInitError = &failOnInitError
	config.Flags.GFD = &spec.GFDCommandLineFlags{MachineTypeFile: &machineTypeFile}
	spec.DisableResourceNamingInConfig(config)
	return config, nil
}

func labelsOf(manager resource.Manager, config *spec.Config) (lm.Labels, error) {
	labeler, err := lm.NewLabelers(manager, noVGPU{}, config)
	if err != nil {
		return nil, err
	}
	return labeler.Labels()
}

// add keeps labels that were not seen before, without those that node feature discovery drops.
func (a *answer) add(labels map[string]string) {
	kept := map[string]string{}
	for key, value := range labels {
		if len(validation.IsValidLabelValue(value)) > 0 {
			a.Dropped[key] = value
		} else {
			kept[key] = value
		}
	}
	for _, seen := range a.Labels {
		if maps.Equal(seen, kept) {
			return
		}
	}
	a.Labels = append(a.Labels, kept)
}

func values(labels map[string]string) []string {
	all := []string{}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, key+"="+labels[key])
	}
	return all
}

// nvmlOnly is a machine on which NVML is found, and nothing else that the device plugin looks for.
type nvmlOnly struct{ info.PropertyExtractor }

func (nvmlOnly) ResolvePlatform() info.Platform { return info.PlatformNVML }
func (nvmlOnly) HasNvml() (bool, string)        { return true, "the mock" }

// noVGPU is a machine that is no virtual one with a part of a GPU.
type noVGPU struct{}

func (noVGPU) Devices() ([]*vgpu.Device, error) { return nil, nil }
