package settings

import (
	"log/slog"
	"unique"
)

const masked = "(sensitive)"

// Secret holds a value that must never be printed. Every way of formatting it
// (fmt verbs, JSON, slog) yields "(sensitive)"; only Reveal returns the value.
// The zero Secret is "not set".
//
// The value is held behind a handle, because fmt calls no method of a value
// that it meets in an unexported field: it then prints an address. Secrets of
// equal value are equal with ==.
type Secret struct{ handle unique.Handle[string] }

// NewSecret wraps value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{handle: unique.Make(value)}
}

// Reveal returns the value itself. Callers hand it to the wire, to a file of
// mode 0600 or to Terraform's sensitive attributes, and to nothing else.
func (s Secret) Reveal() string {
	if !s.IsSet() {
		return ""
	}
	return s.handle.Value()
}

// IsSet reports whether there is a non-empty value.
func (s Secret) IsSet() bool { return s != Secret{} }

// String implements fmt.Stringer.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return masked
}

// GoString implements fmt.GoStringer, so that %#v does not print the field.
func (s Secret) GoString() string { return masked }

// MarshalText implements encoding.TextMarshaler (and through it JSON).
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
