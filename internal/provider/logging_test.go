package provider

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func TestLogHandler_levelsAndFields(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	ctx := withLogging(tflogtest.RootLogger(t.Context(), &output))
	log := slog.New(&logHandler{subsystem: sessionLog}).With("profile", "default").WithGroup("http").With("try", 2)
	log.Log(ctx, slog.LevelDebug-4, "finest")
	log.DebugContext(ctx, "fine", "secret", settings.NewSecret("hidden"))
	log.InfoContext(ctx, "said", "status", 200)
	log.WarnContext(ctx, "warned", "error", errors.New("no luck"))
	log.ErrorContext(ctx, "failed", slog.Group("inner", "a", 1))
	got, err := tflogtest.MultilineJSONDecode(&output)
	if err != nil {
		t.Fatal(err)
	}
	line := func(level, message string, more map[string]any) map[string]any {
		entry := map[string]any{
			"@level": level, "@message": message, "@module": "provider.session", "profile": "default", "http.try": float64(2),
		}
		for name, value := range more {
			entry[name] = value
		}
		return entry
	}
	want := []map[string]any{
		line("trace", "finest", nil),
		line("debug", "fine", map[string]any{"http.secret": "(sensitive)"}),
		line("info", "said", map[string]any{"http.status": float64(200)}),
		line("warn", "warned", map[string]any{"http.error": "no luck"}),
		line("error", "failed", map[string]any{"http.inner": "[a=1]"}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestWithLogging_masksSecretsAndTheirBase64(t *testing.T) {
	t.Parallel()
	const secret = "v1.Mjo0~?>token"
	var output bytes.Buffer
	ctx := withLogging(tflogtest.RootLogger(t.Context(), &output), settings.NewSecret(secret), settings.Secret{})
	ctx = withMasks(ctx, settings.NewSecret("later-secret"))
	forms := []string{
		secret, "later-secret",
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	for _, form := range forms {
		fields := map[string]any{"value": "x" + form}
		tflog.Info(ctx, "root "+form, fields)
		tflog.SubsystemInfo(ctx, sessionLog, "session "+form, fields)
		tflog.SubsystemInfo(ctx, settingsLog, "settings "+form, fields)
	}
	if lines := bytes.Count(output.Bytes(), []byte("\n")); lines != 3*len(forms) {
		t.Errorf("%d lines, want %d", lines, 3*len(forms))
	}
	for _, form := range forms {
		if bytes.Contains(output.Bytes(), []byte(form)) {
			t.Errorf("the log holds %q", form)
		}
	}
}

func TestMaskedForms_nothingForNoSecret(t *testing.T) {
	t.Parallel()
	if got := maskedForms([]settings.Secret{{}, settings.NewSecret("")}); got != nil {
		t.Errorf("got %q: an empty mask would replace everything", got)
	}
}
