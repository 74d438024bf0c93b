package bootstrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// kind is one editor with a text that others wrote, one with a foreign value under our key, and notes that others may
// add at either end.
type kind struct {
	editor          Editor
	plain, foreign  string
	header, trailer string
}

func kinds() map[string]kind {
	return map[string]kind{
		"toml": {lab, "[default]\nx = 1\n", "[profile.lab]\noauth2.refresh_token = \"foreign\" # c\n", "# top\n", "\n# end\n"},
		"toml inline": {
			lab, "[profile]\nlab = { x = 1 }\n", "profile.lab = { oauth2 = { refresh_token = 'foreign' } }\n",
			"# top\n", "\n# end\n",
		},
		"dotenv":  {Env{FormatDotenv, StyleVariables}, "A=1", "ES_OAUTH2__REFRESH_TOKEN=foreign\nB=2\n", "Z=0\n", "\n# end\n"},
		"shell":   {Env{FormatShell, StyleVariables}, "A=1\n", "export es_oauth2__refresh_token=foreign\n", "Z=0\n", "\nif true; then B=1; fi\n"},
		"systemd": {Env{FormatSystemd, StyleVariables}, "", "ES_OAUTH2__REFRESH_TOKEN='foreign'\n", "Z=0\n", "\n; end\n"},
		"compose map": {
			Compose{[]string{"web"}, StyleVariables},
			"services:\n  web:\n    image: x\n",
			"services:\n  web:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN: \"foreign\" # c\n", "# top\n", "\nvolumes: {}\n",
		},
		"compose list": {
			Compose{[]string{"web"}, StyleVariables},
			"services:\n  web:\n    environment:\n    - A\n",
			"services:\n  web:\n    environment:\n    - ES_OAUTH2__REFRESH_TOKEN=foreign\n", "# top\n", "\nvolumes: {}\n",
		},
	}
}

func edit(t *testing.T, editor Editor, before []byte, desired Desired, record Record) ([]byte, Record) {
	t.Helper()
	after, updated, err := editor.Edit(before, desired, record)
	if err != nil {
		t.Fatalf("%q: %v", before, err)
	}
	stored, err := json.Marshal(updated)
	if err != nil || bytes.Contains(stored, []byte(token)) {
		t.Fatalf("record %s, %v", stored, err)
	}
	updated = Record{}
	if err := json.Unmarshal(stored, &updated); err != nil {
		t.Fatal(err)
	}
	return after, updated
}

func remove(t *testing.T, editor Editor, current []byte, record Record) string {
	t.Helper()
	after, gone, err := editor.Remove(current, record)
	if err != nil || gone {
		t.Fatalf("%q: %t, %v", current, gone, err)
	}
	return string(after)
}

func TestEditor_foreignValueNeedsAdopt(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := k.editor.Edit([]byte(k.foreign), Desired{Settings: tokenSettings()}, Record{})
			var conflict *ConflictError
			if !errors.As(err, &conflict) || len(conflict.Entries) != 1 || conflict.Entries[0].Key != "oauth2.refresh_token" {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "foreign") {
				t.Fatalf("the value is in the message: %v", err)
			}
			report, err := k.editor.Inspect([]byte(k.foreign), Expect(tokenSettings()), Record{})
			if err != nil || len(report.Foreign()) != 1 || strings.Contains(fmt.Sprintf("%+v", report), "foreign") {
				t.Fatalf("report %+v, %v", report, err)
			}
			after, record, err := k.editor.Edit([]byte(k.foreign), Desired{Settings: tokenSettings(), Adopt: true}, Record{})
			if name == "shell" {
				k.foreign = strings.Replace(k.foreign, "es_oauth2__refresh_token=foreign", "ES_OAUTH2__REFRESH_TOKEN='foreign'", 1)
			}
			want := strings.Replace(k.foreign, "foreign", token, 1)
			for _, quote := range []string{`'`, `"`} { // our own quoting takes the place of theirs
				want = strings.ReplaceAll(want, quote, "")
			}
			if got := strings.NewReplacer(`'`, "", `"`, "").Replace(string(after)); err != nil || got != want {
				t.Fatalf("got %q want %q, %v", got, want, err)
			}
			if left := remove(t, k.editor, after, record); strings.Contains(strings.ToLower(left), "refresh_token") {
				t.Fatalf("left %q", left)
			}
		})
	}
}

func TestEditor_valueThatIsThereAlreadyStays(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		if name == "shell" {
			continue // the seed spells the name in lower case
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := strings.Replace(k.foreign, "foreign", token, 1)
			after, record := edit(t, k.editor, []byte(before), Desired{Settings: tokenSettings()}, Record{})
			if string(after) != before || len(record.Keys) != 0 {
				t.Fatalf("got %q, %v", after, record)
			}
			if got := remove(t, k.editor, after, record); got != before {
				t.Fatalf("removed %q", got)
			}
		})
	}
}

func TestEditor_othersWriteAround(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, k.editor, []byte(k.plain), Desired{Settings: apiSettings()}, Record{})
			around := k.header + string(after) + k.trailer
			if got := remove(t, k.editor, []byte(around), record); got != k.header+k.plain+k.trailer {
				t.Fatalf("got %q", got)
			}
		})
	}
}

func TestEditor_updateDriftAndStaleKeys(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, record := edit(t, k.editor, []byte(k.plain), Desired{Settings: apiSettings()}, Record{})
			drifted := bytes.Replace(first, []byte(token), []byte("someone-elses"), 1)
			report, err := k.editor.Inspect(drifted, Expect(apiSettings()), record)
			if err != nil || report.Entries[0].State != Differs || !report.Entries[0].Owned || len(report.Foreign()) != 0 {
				t.Fatalf("report %+v, %v", report, err)
			}
			repaired, record := edit(t, k.editor, drifted, Desired{Settings: apiSettings()}, record)
			if !bytes.Equal(repaired, first) {
				t.Fatalf("got %q want %q", repaired, first)
			}
			report, err = k.editor.Inspect(repaired, Expect(tokenSettings()), record)
			if err != nil || len(report.Stale) != 2 || report.Matches() {
				t.Fatalf("report %+v, %v", report, err)
			}
			fewer, record := edit(t, k.editor, repaired, Desired{Settings: tokenSettings()}, record)
			if bytes.Contains(fewer, []byte("50")) || len(record.Keys) != 1 {
				t.Fatalf("got %q, %v", fewer, record)
			}
			more, record := edit(t, k.editor, fewer, Desired{Settings: apiSettings()}, record)
			if n := bytes.Count(more, []byte(Mark)); n > 1 {
				t.Fatalf("%d marks in %q", n, more)
			}
			if got := remove(t, k.editor, more, record); got != k.plain {
				t.Fatalf("got %q want %q", got, k.plain)
			}
		})
	}
}

// An apply that was killed between the write and the saving of its state finds its own entries by their mark, also when
// the token has changed meanwhile.
func TestEditor_lostRecordIsRecoveredFromTheMark(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		if name == "toml inline" {
			continue // no comment fits there
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, _ := edit(t, k.editor, []byte(k.plain), Desired{Settings: tokenSettings()}, Record{})
			changed := []Setting{{Key: "oauth2.refresh_token", Value: "another"}}
			after, record := edit(t, k.editor, after, Desired{Settings: changed}, Record{})
			if got := remove(t, k.editor, after, record); got != k.plain {
				t.Fatalf("got %q want %q", got, k.plain)
			}
		})
	}
}

// The file goes with the last entry, whoever created it, and stays for others' content.
func TestEditor_createdFileGoesWithTheLastEntry(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var second Editor
			switch e := k.editor.(type) {
			case TOML:
				second = TOML{Profile: "second"}
			case Env:
				second = Env{e.Format, StyleBootstrap}
			case Compose:
				second = Compose{[]string{"web", "db"}, StyleBootstrap}
			}
			one, recordOne := edit(t, k.editor, nil, Desired{Settings: tokenSettings()}, Record{})
			both, recordTwo := edit(t, second, one, Desired{Settings: tokenSettings()}, Record{})
			left := remove(t, k.editor, both, recordOne)
			if _, gone, err := second.Remove([]byte(left), recordTwo); err != nil || !gone {
				t.Fatalf("%q: %t, %v", left, gone, err)
			}
			theirs := k.trailer
			if got := remove(t, k.editor, []byte(string(one)+theirs), recordOne); got != theirs {
				t.Fatalf("got %q want %q", got, theirs)
			}
		})
	}
}

func TestSetting_neverPrintsItsValue(t *testing.T) {
	t.Parallel()
	desired := Desired{Settings: tokenSettings()}
	variables, err := Variables(desired.Settings, StyleBootstrap)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		text := fmt.Sprintf(verb+verb+verb, desired, &desired, variables)
		if strings.Contains(text, token) {
			t.Errorf("%s: %s", verb, text)
		}
	}
}
