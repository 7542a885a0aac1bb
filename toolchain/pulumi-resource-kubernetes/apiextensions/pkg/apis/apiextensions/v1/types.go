// Package v1 has what Helm and the provider read of a definition of custom resources. As it is in no scheme, the objects
// that they meet are of no type, which both can do.
package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The conditions that Helm waits for.
const (
	Established    = "Established"
	NamesAccepted  = "NamesAccepted"
	ConditionTrue  = "True"
	ConditionFalse = "False"
)

// CustomResourceDefinition is a definition of custom resources.
type CustomResourceDefinition struct {
	metav1.TypeMeta
	metav1.ObjectMeta
	Spec struct {
		Names    struct{ Singular, Kind, ListKind string }
		Versions []struct {
			Name   string
			Served bool
		}
	}
	Status struct {
		Conditions []struct{ Type, Status string }
	}
}

// DeepCopyObject is never called: nothing that is in no scheme is copied as one of its type.
func (definition *CustomResourceDefinition) DeepCopyObject() runtime.Object { return definition }

// AddToScheme adds nothing.
func AddToScheme(*runtime.Scheme) error { return nil }
