package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// errNotObject: the answer is not a JSON object.
var errNotObject = errors.New("it is not a JSON object")

// fieldsError lists what is wrong with the fields of an answer. It names
// fields and quotes no value.
type fieldsError struct{ problems []string }

// Error implements error.
func (e *fieldsError) Error() string { return strings.Join(e.problems, "; ") }

// document is a JSON object whose fields are asked for one by one. Fields that
// nobody asks for are ignored, as the SDK ignores them.
type document struct {
	fields   map[string]json.RawMessage
	problems []string
}

func parseDocument(body []byte) (*document, error) {
	d := &document{}
	if err := json.Unmarshal(body, &d.fields); err != nil || d.fields == nil {
		return nil, errNotObject // the parser's error may quote the answer
	}
	return d, nil
}

// text returns a required text field.
func (d *document) text(name string) string {
	if text := d.nullable(name); text != nil {
		return *text
	}
	if raw, found := d.fields[name]; found && isNull(raw) {
		d.problems = append(d.problems, fmt.Sprintf("the field %s is null", name))
	}
	return ""
}

// nullable returns a text field that must be there but may be null.
func (d *document) nullable(name string) *string {
	raw, found := d.fields[name]
	if !found {
		d.problems = append(d.problems, fmt.Sprintf("the field %s is missing", name))
		return nil
	}
	if isNull(raw) {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		d.problems = append(d.problems, fmt.Sprintf("the field %s is not text", name))
		return new(string) // reported; not also as null
	}
	return &text
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// err reports every problem that came up.
func (d *document) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	return &fieldsError{problems: d.problems}
}
