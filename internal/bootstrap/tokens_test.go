package bootstrap

import (
	"errors"
	"strings"
	"testing"
)

func TestTokensEdit_writesTheSDKsBytes(t *testing.T) {
	t.Parallel()
	all := []Setting{
		{Key: "oauth2.refresh_token", Value: "r\"\\"},
		{Key: "oauth2.access_token", Value: "a.b.c"},
		{Key: "oauth2.id_token", Value: "i"},
	}
	tests := map[string]struct {
		settings []Setting
		want     string
	}{
		"all":          {all, "{\n  \"access_token\": \"a.b.c\",\n  \"id_token\": \"i\",\n  \"refresh_token\": \"r\\\"\\\\\"\n}"},
		"refresh only": {all[:1], "{\n  \"refresh_token\": \"r\\\"\\\\\"\n}"},
		"access only":  {all[1:2], "{\n  \"access_token\": \"a.b.c\"\n}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, record, err := Tokens{}.Edit(nil, Desired{Settings: tt.settings}, Record{})
			if err != nil || string(got) != tt.want {
				t.Fatalf("got %q, %v", got, err)
			}
			report, err := Tokens{}.Inspect(got, Expect(tt.settings), record)
			if err != nil || !report.Matches() || len(report.Others) != 0 {
				t.Fatalf("report %+v, %v", report, err)
			}
			if after, gone, err := (Tokens{}).Remove(got, record); err != nil || !gone || after != nil {
				t.Fatalf("removed: %q, %t, %v", after, gone, err)
			}
		})
	}
}

func TestTokensEdit_anotherLoginNeedsAdopt(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"login": `{"refresh_token":"theirs"}`, "garbage": "{", "other JSON": "{}"} {
		_, _, err := Tokens{}.Edit([]byte(before), Desired{Settings: tokenSettings()}, Record{})
		if !errors.Is(err, ErrConflict) || strings.Contains(err.Error(), "theirs") {
			t.Errorf("%s: got %v", name, err)
		}
		after, record, err := Tokens{}.Edit([]byte(before), Desired{Settings: tokenSettings(), Adopt: true}, Record{})
		if err != nil || !strings.Contains(string(after), token) || record.Created {
			t.Errorf("%s: adopting gave %v", name, err)
		}
	}
	after, record, err := Tokens{}.Edit([]byte{}, Desired{Settings: tokenSettings()}, Record{})
	if err != nil {
		t.Fatal(err)
	}
	if empty, gone, err := (Tokens{}).Remove(after, record); err != nil || gone || len(empty) != 0 || empty == nil {
		t.Errorf("an empty file has to stay, empty: %q, %t, %v", empty, gone, err)
	}
}

func TestTokensEdit_refusesWhatTheSDKIgnores(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]Setting{
		"nothing":       nil,
		"id token only": {{Key: "oauth2.id_token", Value: "i"}},
		"empty":         {{Key: "oauth2.refresh_token", Value: ""}},
		"newline":       {{Key: "oauth2.refresh_token", Value: "secret\n"}},
		"number":        {{Key: "oauth2.refresh_token", Value: int64(1)}},
	} {
		if _, _, err := (Tokens{}).Edit(nil, Desired{Settings: settings}, Record{}); !errors.Is(err, ErrUnsafeValue) {
			t.Errorf("%s: got %v", name, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the value is in the message", name)
		}
	}
	if _, _, err := (Tokens{}).Edit(nil, Desired{Settings: apiSettings()}, Record{}); !errors.Is(err, ErrInvalidKey) {
		t.Errorf("settings: got %v", err)
	}
}

func TestReadTokens_reportsWhereItIsBroken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text         string
		line, column int
	}{
		"mark":      {"\uFEFF{}", 1, 1},
		"truncated": {"{\n  \"refresh_token\": \"secret", 2, 27},
		"bad":       {"{\n \"refresh_token\": secret}", 2, 19},
		"list":      {"[]", 1, 1},
		"trailing":  {"{} x", 0, 0},
		"number":    {`{"refresh_token": 1}`, 0, 0},
	}
	for name, tt := range tests {
		_, err := ReadTokens([]byte(tt.text))
		line, column := positionOf(err)
		if !errors.Is(err, ErrSyntax) || line != tt.line || column != tt.column || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %d:%d %v", name, line, column, err)
		}
	}
	fields, err := ReadTokens([]byte(`{"access_token": null, "refresh_token": "r", "more": 1}`))
	if err != nil || len(fields) != 1 || fields["refresh_token"] != "r" {
		t.Errorf("got %v, %v", fields, err)
	}
}
