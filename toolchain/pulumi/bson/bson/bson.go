// Package bson has the names of MongoDB's driver which a library of sets is written with, and none of its code: no set
// is written as BSON.
package bson

import (
	"errors"

	"go.mongodb.org/mongo-driver/bson/bsontype"
)

// TypeArray is the type of a list.
const TypeArray bsontype.Type = 4

// MarshalValue refuses every value.
func MarshalValue(any) (bsontype.Type, []byte, error) { return 0, nil, errors.ErrUnsupported }

// UnmarshalValue refuses every value.
func UnmarshalValue(bsontype.Type, []byte, any) error { return errors.ErrUnsupported }
