package provider

import (
	"context"
	"encoding/base64"
	"log/slog"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// The parts of the log. The level of each is that of the whole log, or set by
// TF_LOG_PROVIDER_EARTHSCOPE_SETTINGS and so on. INFO tells the story of a run in
// a few lines; DEBUG tells why.
const (
	settingsLog  = "settings"  // which credential is used, and where each setting comes from
	sessionLog   = "session"   // what the identity server was asked, and what is saved
	apiLog       = "api"       // what EarthScope's API was asked
	remoteLog    = "remote"    // how hosts are reached
	bootstrapLog = "bootstrap" // what stands in files on hosts, and what is changed there
)

// subsystems are the parts of the log by the name that their variable ends in.
var subsystems = map[string]string{
	settingsLog: "SETTINGS", sessionLog: "SESSION", apiLog: "API", remoteLog: "REMOTE", bootstrapLog: "BOOTSTRAP",
}

// withLogging prepares the context of one call: Terraform's logger with our
// subsystems, all of which replace the given secrets by asterisks. Contexts
// don't carry over from one call to the next, so every call does this.
func withLogging(ctx context.Context, secrets ...settings.Secret) context.Context {
	for name, variable := range subsystems {
		ctx = tflog.NewSubsystem(ctx, name, tflog.WithLevelFromEnv("TF_LOG_PROVIDER_EARTHSCOPE", variable))
	}
	return withMasks(ctx, secrets...)
}

// withMasks adds secrets to what the log replaces.
func withMasks(ctx context.Context, secrets ...settings.Secret) context.Context {
	masks := maskedForms(secrets)
	if len(masks) == 0 {
		return ctx
	}
	ctx = tflog.MaskLogStrings(ctx, masks...)
	for name := range subsystems {
		ctx = tflog.SubsystemMaskLogStrings(ctx, name, masks...)
	}
	return ctx
}

// maskedForms lists the secrets as they may turn up in a log: plain and in the
// base64 alphabets. Forms without padding also match the padded ones.
func maskedForms(secrets []settings.Secret) []string {
	var forms []string
	for _, secret := range secrets {
		if !secret.IsSet() {
			continue
		}
		plain := secret.Reveal()
		forms = append(forms, plain,
			base64.RawStdEncoding.EncodeToString([]byte(plain)), base64.RawURLEncoding.EncodeToString([]byte(plain)))
	}
	return forms
}

// logHandler writes slog records to a subsystem of Terraform's log, taking the
// logger and its masks from the context of each record.
type logHandler struct {
	subsystem string
	group     string
	fields    []slog.Attr
}

var _ slog.Handler = (*logHandler)(nil)

// Enabled implements slog.Handler. Terraform's logger decides.
func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	fields := map[string]any{}
	for _, field := range h.fields {
		fields[field.Key] = plainValue(field.Value)
	}
	record.Attrs(func(field slog.Attr) bool {
		fields[h.group+field.Key] = plainValue(field.Value)
		return true
	})
	switch {
	case record.Level < slog.LevelDebug:
		tflog.SubsystemTrace(ctx, h.subsystem, record.Message, fields)
	case record.Level < slog.LevelInfo:
		tflog.SubsystemDebug(ctx, h.subsystem, record.Message, fields)
	case record.Level < slog.LevelWarn:
		tflog.SubsystemInfo(ctx, h.subsystem, record.Message, fields)
	case record.Level < slog.LevelError:
		tflog.SubsystemWarn(ctx, h.subsystem, record.Message, fields)
	default:
		tflog.SubsystemError(ctx, h.subsystem, record.Message, fields)
	}
	return nil
}

// plainValue renders a value as text or a number: masks replace only in text.
func plainValue(value slog.Value) any {
	value = value.Resolve()
	switch value.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
		return value.Any()
	default:
		return value.String()
	}
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	next := *h
	next.fields = append([]slog.Attr(nil), h.fields...)
	for _, attribute := range attributes {
		next.fields = append(next.fields, slog.Attr{Key: h.group + attribute.Key, Value: attribute.Value})
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	next := *h
	if name != "" {
		next.group = h.group + name + "."
	}
	return &next
}
