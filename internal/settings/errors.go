package settings

import (
	"errors"
	"fmt"
	"strings"
)

// Error is a setting or a source of settings that cannot be used. It never
// holds a value. The SDK stops in the same cases, but for a URL whose path
// lacks its final slash, text that is not UTF-8 and integers beyond 64 bits.
type Error struct {
	// Setting is the dotted path at fault ("oauth2.domain"), or empty.
	Setting string
	// Source is where it stands.
	Source Source
	// Summary is a title; Detail says what is wrong and what to do.
	Summary, Detail string
	// Line and Column count from 1; zero where there is no place to point to.
	Line, Column int
	// Err is the cause, or nil.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return e.Summary + ": " + e.Detail }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Warning is something the SDK ignores without a word although it is probably
// not what the user meant. It never holds a value.
type Warning struct {
	Summary, Detail string
	Source          Source
}

// Sentinel causes, to branch on with errors.Is.
var (
	// ErrProfileNotFound: the profile has no table in config.toml.
	ErrProfileNotFound = errors.New("profile does not exist")
	// ErrMalformed: a file or a variable is not the TOML or JSON it must be.
	ErrMalformed = errors.New("malformed")
	// ErrInvalid: a value has the wrong type or is out of range.
	ErrInvalid = errors.New("invalid value")
)

// wrongValue is the error for a value that does not fit its setting.
func wrongValue(k *Known, n *node, why string) *Error {
	e := &Error{Setting: k.Path, Source: n.source, Summary: "Invalid EarthScope Setting", Err: ErrInvalid}
	e.Line, e.Column = filePosition(n)
	e.Detail = fmt.Sprintf("%s, set by %s, %s.", k.Path, e.Source.at(e.Line, e.Column), why)
	if remedy := remedies[k.Type]; remedy != "" {
		e.Detail += " " + remedy
	}
	return e
}

// wrongGroup is the error for something else where a table must be.
func wrongGroup(path string, n *node) *Error {
	e := &Error{Setting: path, Source: n.source, Summary: "Invalid EarthScope Setting", Err: ErrInvalid}
	e.Line, e.Column = filePosition(n)
	e.Detail = fmt.Sprintf("%s, set by %s, %s. Write its settings one by one, or remove it.",
		path, e.Source.at(e.Line, e.Column), isNot(n, "a table of settings"))
	return e
}

// filePosition is the node's position where its source is a file that people
// edit; a place inside a variable's JSON does not help them.
func filePosition(n *node) (line, column int) {
	switch n.source.Link {
	case LinkConfigDefault, LinkConfigProfile, LinkTokensFile, LinkLegacyFile:
		return n.position()
	default:
		return 0, 0
	}
}

var remedies = map[Type]string{
	TypeString:   "Write a string.",
	TypeSecret:   "Write a string.",
	TypeURL:      `Write it like "https://login.earthscope.org/".`,
	TypeInteger:  "Write a whole number.",
	TypeNumber:   "Write a number.",
	TypeDuration: `Write seconds (30), ISO 8601 ("PT30S") or "HH:MM:SS".`,
	TypeScope:    `Write a string with blanks between scopes ("openid offline_access").`,
	TypeStrings:  `Write a list, in an environment variable as JSON: ["one","two"].`,
	TypeIntegers: "Write a list, in an environment variable as JSON: [429,503].",
	TypeHeaders:  `Write a table of strings, in an environment variable as JSON: {"X-Name":"text"}.`,
	TypeCategory: "Write one of " + strings.Join(categories, ", ") + ".",
}
