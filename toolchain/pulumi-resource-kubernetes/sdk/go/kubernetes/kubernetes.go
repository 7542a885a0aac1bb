// Package kubernetes is what the provider imports of its own Go SDK, and no more.
//
// The published SDK has a type for every kind of Kubernetes, which takes more than half of the time to compile the
// provider; its component resources (Chart, ConfigGroup, Directory) use three names of it.
package kubernetes

import "reflect"

// UntypedArgs are the fields of an object of any kind.
type UntypedArgs map[string]any

// ElementType says what the fields are in a program.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
