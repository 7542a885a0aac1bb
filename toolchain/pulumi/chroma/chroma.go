// Package chroma has the names of the published module of that name which Markdown is shown with, and none of its code:
// code blocks are not coloured, and its lexers for two hundred languages are not compiled.
package chroma

// TokenType is a kind of word.
type TokenType int

// The kinds that a style of Markdown has.
const (
	Text TokenType = iota
	Error
	Comment
	CommentPreproc
	Keyword
	KeywordReserved
	KeywordNamespace
	KeywordType
	Operator
	Punctuation
	Name
	NameBuiltin
	NameTag
	NameAttribute
	NameClass
	NameConstant
	NameDecorator
	NameException
	NameFunction
	NameOther
	Literal
	LiteralNumber
	LiteralDate
	LiteralString
	LiteralStringEscape
	GenericDeleted
	GenericEmph
	GenericInserted
	GenericStrong
	GenericSubheading
	Background
)

// StyleEntries has the colours of each kind.
type StyleEntries map[TokenType]string

// Style is a set of colours.
type Style struct{ Name string }

// MustNewStyle forgets the colours.
func MustNewStyle(name string, _ StyleEntries) *Style { return &Style{Name: name} }
