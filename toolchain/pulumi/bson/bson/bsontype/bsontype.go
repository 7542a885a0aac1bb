// Package bsontype has the type of BSON's types.
package bsontype

// Type is the type of a value.
type Type byte
