package main

import (
	"os"

	spec "github.com/NVIDIA/mig-parted/api/spec/v1"
	"github.com/NVIDIA/mig-parted/pkg/types"
	"sigs.k8s.io/yaml"
)

// madeOf returns what MIG manager makes of a GPU by each layout of a config file of mig-parted, by the GPU's device id:
// slices by profile, none for a GPU that is not cut, and no entry where the layout has nothing for such GPUs.
func madeOf(file string, ids []string) (map[string]map[string]types.MigConfig, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var config spec.Spec
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	made := map[string]map[string]types.MigConfig{}
	for name, parts := range config.MigConfigs {
		made[name] = map[string]types.MigConfig{}
		for _, text := range ids {
			id, err := types.NewDeviceIDFromString(text)
			if err != nil {
				return nil, err
			}
			for _, part := range parts {
				if part.MatchesDeviceFilter(id) && part.MatchesDevices(0) {
					made[name][text] = part.MigDevices
				}
			}
		}
	}
	return made, nil
}
