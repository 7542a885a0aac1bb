// Package styles keeps styles by name.
package styles

import "github.com/alecthomas/chroma"

// Registry has the styles that are known.
var Registry = map[string]*chroma.Style{}

// Register adds a style.
func Register(style *chroma.Style) *chroma.Style {
	Registry[style.Name] = style
	return style
}
