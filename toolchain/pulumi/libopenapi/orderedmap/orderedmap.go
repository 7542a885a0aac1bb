// Package orderedmap has maps that stay empty: they are of documents that are never read.
package orderedmap

import "iter"

// Map is an empty map.
type Map[K comparable, V any] struct{}

// New returns an empty map.
func New[K comparable, V any]() *Map[K, V] { return &Map[K, V]{} }

// Len is the number of entries.
func Len[K comparable, V any](*Map[K, V]) int { return 0 }

// Get finds nothing.
func (*Map[K, V]) Get(K) (V, bool) {
	var none V
	return none, false
}

// GetOrZero finds nothing.
func (*Map[K, V]) GetOrZero(K) V {
	var none V
	return none
}

// Set keeps nothing.
func (*Map[K, V]) Set(K, V) (V, bool) {
	var none V
	return none, false
}

// FromOldest yields nothing.
func (*Map[K, V]) FromOldest() iter.Seq2[K, V] { return func(func(K, V) bool) {} }

// KeysFromOldest yields nothing.
func (*Map[K, V]) KeysFromOldest() iter.Seq[K] { return func(func(K) bool) {} }

// Delete finds nothing.
func (*Map[K, V]) Delete(K) (V, bool) {
	var none V
	return none, false
}
