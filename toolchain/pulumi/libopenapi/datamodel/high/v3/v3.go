// Package v3 has the rest of a description of an API.
package v3

import (
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Document is a description of an API.
type Document struct {
	Info       *Info
	Paths      *Paths
	Components *Components
}

// Info is its version.
type Info struct{ Version string }

// Paths are its paths.
type Paths struct {
	PathItems *orderedmap.Map[string, *PathItem]
}

// Components are its schemas.
type Components struct {
	Schemas *orderedmap.Map[string, *base.SchemaProxy]
}

// PathItem is what can be done at a path.
type PathItem struct{ Get, Post, Put, Delete, Patch, Head *Operation }

// Operation is one thing that can be done.
type Operation struct {
	OperationId, Summary, Description string
	Tags                              []string
	Parameters                        []*Parameter
	RequestBody                       *RequestBody
	Responses                         *Responses
	Deprecated                        *bool
	Extensions                        *orderedmap.Map[string, *yaml.Node]
}

// Parameter is one of an operation.
type Parameter struct {
	Name, In, Description string
	Required              *bool
	Schema                *base.SchemaProxy
}

// RequestBody is what is sent.
type RequestBody struct {
	Content *orderedmap.Map[string, *MediaType]
}

// Responses are what comes back.
type Responses struct {
	Codes   *orderedmap.Map[string, *Response]
	Default *Response
}

// Response is one answer.
type Response struct {
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}

// MediaType is a form of a body.
type MediaType struct{ Schema *base.SchemaProxy }
