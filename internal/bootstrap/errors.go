package bootstrap

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels for errors.Is; the typed errors below carry the details.
var (
	ErrSyntax        = errors.New("file is not valid in its format")
	ErrByteOrderMark = errors.New("file starts with a byte order mark")
	ErrConflict      = errors.New("entry is already there with another value")
	ErrUnsafeValue   = errors.New("value cannot be written safely")
	ErrInvalidKey    = errors.New("not a setting's name")
	ErrUnsupported   = errors.New("file is written in a way that cannot be edited safely")
)

// SyntaxError says where a text stops being valid. It never quotes the text, which may hold a token.
type SyntaxError struct {
	Format string
	// Line and Column count from 1; 0 when the parser gives no position.
	Line, Column int
	Problem      string
	// ByteOrderMark is set when the problem is a byte order mark, at which the SDK stops.
	ByteOrderMark bool
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s%s: %s; nothing was changed, correct the file and run again",
		e.Format, position(e.Line, e.Column), e.Problem)
}

// Is matches [ErrSyntax] and, where it applies, [ErrByteOrderMark].
func (e *SyntaxError) Is(target error) bool {
	return target == ErrSyntax || e.ByteOrderMark && target == ErrByteOrderMark
}

// ConflictError names entries that are there with another value and are not from here.
type ConflictError struct {
	Format  string
	Entries []Entry
}

// Error implements error.
func (e *ConflictError) Error() string {
	names := make([]string, 0, len(e.Entries))
	for _, entry := range e.Entries {
		names = append(names, entry.Name+position(entry.Line, 0))
	}
	return fmt.Sprintf("%s: already there with another value: %s; remove it from the file, or adopt it",
		e.Format, strings.Join(names, ", "))
}

// Is matches [ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// ValueError says why a value cannot stand in a format, without the value.
type ValueError struct {
	Key, Format, Reason, WayOut string
}

// Error implements error.
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s cannot be written to %s: %s; %s", e.Key, e.Format, e.Reason, e.WayOut)
}

// Is matches [ErrUnsafeValue].
func (e *ValueError) Is(target error) bool { return target == ErrUnsafeValue }

// UnsupportedError is a valid file that cannot be edited without risk to what others wrote in it.
type UnsupportedError struct {
	Format       string
	Line, Column int
	Problem      string
	WayOut       string
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s%s: %s; %s", e.Format, position(e.Line, e.Column), e.Problem, e.WayOut)
}

// Is matches [ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

func position(line, column int) string {
	switch {
	case line == 0:
		return ""
	case column == 0:
		return fmt.Sprintf(" line %d", line)
	default:
		return fmt.Sprintf(" line %d, column %d", line, column)
	}
}
