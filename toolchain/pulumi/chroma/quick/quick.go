// Package quick writes code.
package quick

import "io"

// Highlight writes the code as it is.
func Highlight(to io.Writer, code, _, _, _ string) error {
	_, err := io.WriteString(to, code)
	return err
}
