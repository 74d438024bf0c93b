package settings

import (
	"errors"
	"fmt"
	"maps"
	"testing"
)

// stops stands for an error in a textRow.
const stops = "(stops)"

// textRow is one text of a setting and what becomes of it.
type textRow struct{ text, want string }

// checkTexts loads the settings once for every text, given in the variable.
func checkTexts(t *testing.T, variable, path string, rows []textRow) {
	t.Helper()
	known, found := LookupKnown(path)
	if !found {
		t.Fatalf("no setting %s", path)
	}
	for _, row := range rows {
		s, _, err := Load(request(nil, variable+"="+row.text))
		if row.want == stops {
			wantInvalid(t, err, path, variable, row.text)
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		got, isText := s.values[path].(string)
		if !isText {
			got = show(&known, s.values[path])
		}
		if got != row.want {
			t.Errorf("%q gives %s, want %s", row.text, got, row.want)
		}
		if source := s.Source(path); source != (Source{Link: LinkEnvironment, Name: variable}) {
			t.Errorf("%q: source %v", row.text, source)
		}
	}
}

func wantInvalid(t *testing.T, err error, path, variable, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%q: error %v, want an *Error", text, err)
		return
	}
	if !errors.Is(err, ErrInvalid) || e.Setting != path || e.Source != (Source{Link: LinkEnvironment, Name: variable}) {
		t.Errorf("%q: error %#v", text, e)
	}
}

// measuredRow is one set of sources, and either what differs from the
// defaults or that loading stops.
type measuredRow struct {
	env     []string
	profile string
	files   files
	want    map[string]string
	stops   bool
}

func checkMeasured(t *testing.T, rows []measuredRow) {
	t.Helper()
	for _, row := range rows {
		r := request(row.files, row.env...)
		r.Profile = row.profile
		label := fmt.Sprintf("profile %q, environment %q, files %q", row.profile, row.env, row.files)
		s, _, err := Load(r)
		if row.stops {
			var e *Error
			if !errors.As(err, &e) || e.Summary == "" || e.Detail == "" {
				t.Errorf("%s: error %v, want an *Error", label, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		if got := changed(s); !maps.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", label, got, row.want)
		}
	}
}
