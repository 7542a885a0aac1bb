// Package base has the schemas of a description of an API.
package base

import (
	"errors"

	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Schema is the type of a value.
type Schema struct {
	Type, Required               []string
	Format, Pattern, Description string
	Nullable, ReadOnly           *bool
	Minimum, Maximum, MultipleOf *float64
	MinLength, MaxLength         *int64
	Enum                         []*yaml.Node
	Default                      *yaml.Node
	AllOf, AnyOf, OneOf          []*SchemaProxy
	Properties                   *orderedmap.Map[string, *SchemaProxy]
	Items, AdditionalProperties  *DynamicValue[*SchemaProxy, bool]
	Discriminator                *Discriminator
	Extensions                   *orderedmap.Map[string, *yaml.Node]
}

// Hashed is what tells schemas apart.
type Hashed struct{}

// Hash is the same for all.
func (*Hashed) Hash() uint64 { return 0 }

// GoLow has nothing.
func (*Schema) GoLow() *Hashed { return nil }

// MarshalJSONInline refuses.
func (*Schema) MarshalJSONInline() ([]byte, error) { return nil, errors.ErrUnsupported }

// SchemaProxy is a reference to a schema.
type SchemaProxy struct{}

// Schema finds nothing.
func (*SchemaProxy) Schema() *Schema { return nil }

// DynamicValue is one of two.
type DynamicValue[A, B any] struct {
	A A
	B B
}

// IsA says that it is the first.
func (*DynamicValue[A, B]) IsA() bool { return true }

// Discriminator tells which schema a value has.
type Discriminator struct {
	PropertyName string
	Mapping      *orderedmap.Map[string, string]
}
