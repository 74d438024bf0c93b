package provider

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func TestErrorDiagnostic_pathOnlyInTheObject(t *testing.T) {
	t.Parallel()
	unknownProfile := &settings.Error{Setting: "profile", Summary: "Unknown Profile", Detail: "No such table."}
	for name, test := range map[string]struct {
		err     error
		request request
		want    diag.Diagnostic
	}{
		"session": {
			err:  fmt.Errorf("wrapped: %w", &session.Error{Summary: "Refused", Detail: "Log in.", Setting: "oauth2.refresh_token"}),
			want: diag.NewErrorDiagnostic("Refused", "Log in."),
		},
		"settings": {
			err:  &settings.Error{Setting: "oauth2.domain", Summary: "Bad", Detail: "Fix it."},
			want: diag.NewErrorDiagnostic("Bad", "Fix it."),
		},
		"settings with a place": {
			err: &settings.Error{
				Source:  settings.Source{Link: settings.LinkTokensFile, Name: "/h/tokens.json"},
				Summary: "Bad", Detail: "Fix it.", Line: 2, Column: 7,
			},
			want: diag.NewErrorDiagnostic("Bad", "Fix it. (/h/tokens.json, line 2, column 7)"),
		},
		"settings that say the place": {
			err:  &settings.Error{Summary: "Bad", Detail: "f, line 2, column 7: x.", Line: 2, Column: 7},
			want: diag.NewErrorDiagnostic("Bad", "f, line 2, column 7: x."),
		},
		"profile of the block":  {err: unknownProfile, want: diag.NewErrorDiagnostic("Unknown Profile", "No such table.")},
		"profile of the object": {err: unknownProfile, request: request{profile: "p"}, want: diag.NewAttributeErrorDiagnostic(path.Root("profile"), "Unknown Profile", "No such table.")},
		"anything else":         {err: errors.New("boom"), want: diag.NewErrorDiagnostic("EarthScope Provider Failed", "boom")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := errorDiagnostic(test.err, test.request); !got.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestNoticeDiagnostic_minTTL(t *testing.T) {
	t.Parallel()
	notice := session.Notice{Kind: session.KindExpired, Summary: "Short", Detail: "Too short."}
	if got, want := noticeDiagnostic(notice, request{minTTL: "9h"}), diag.NewAttributeWarningDiagnostic(path.Root("min_ttl"), "Short", "Too short."); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := noticeDiagnostic(notice, request{}), diag.NewWarningDiagnostic("Short", "Too short."); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	notice.Kind = session.KindClock
	if got, want := noticeDiagnostic(notice, request{minTTL: "9h"}), diag.NewWarningDiagnostic("Short", "Too short."); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
