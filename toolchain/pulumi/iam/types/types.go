// Package types has the errors of requests.
package types

// EntityAlreadyExistsException is never returned.
type EntityAlreadyExistsException struct{}

// Error says nothing.
func (*EntityAlreadyExistsException) Error() string { return "" }
