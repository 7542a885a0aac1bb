// Package v1beta1 is what came before v1.
package v1beta1

import (
	"k8s.io/apimachinery/pkg/runtime"

	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// The conditions that Helm waits for.
const (
	Established    = v1.Established
	NamesAccepted  = v1.NamesAccepted
	ConditionTrue  = v1.ConditionTrue
	ConditionFalse = v1.ConditionFalse
)

// CustomResourceDefinition is a definition of custom resources.
type CustomResourceDefinition struct{ v1.CustomResourceDefinition }

// DeepCopyObject is never called: nothing that is in no scheme is copied as one of its type.
func (definition *CustomResourceDefinition) DeepCopyObject() runtime.Object { return definition }

// AddToScheme adds nothing.
func AddToScheme(*runtime.Scheme) error { return nil }
