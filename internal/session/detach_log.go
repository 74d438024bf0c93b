package session

import (
	"context"
	"log/slog"
)

// logLine is what the process of its own would have logged; the provider logs
// it in its place.
type logLine struct {
	Level   slog.Level        `json:"level"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

func (l logLine) arguments() []any {
	var arguments []any
	for name, value := range l.Fields {
		arguments = append(arguments, name, value)
	}
	return arguments
}

// logLines collects log lines. A refresh logs from one goroutine.
type logLines struct{ lines []logLine }

var _ slog.Handler = (*logLines)(nil)

// Enabled implements slog.Handler.
func (l *logLines) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (l *logLines) Handle(_ context.Context, record slog.Record) error {
	line := logLine{Level: record.Level, Message: record.Message, Fields: map[string]string{}}
	record.Attrs(func(a slog.Attr) bool {
		line.Fields[a.Key] = a.Value.Resolve().String()
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}

// WithAttrs implements slog.Handler; the refresher does not use it.
func (l *logLines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler; the refresher does not use it.
func (l *logLines) WithGroup(string) slog.Handler { return l }
