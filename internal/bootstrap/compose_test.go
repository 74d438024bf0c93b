package bootstrap

import (
	"errors"
	"strings"
	"testing"
)

func TestComposeEdit_exactBytes(t *testing.T) {
	t.Parallel()
	web := Compose{Services: []string{"web"}, Style: StyleVariables}
	two := Compose{Services: []string{"web", "db"}, Style: StyleVariables}
	entry := "ES_OAUTH2__REFRESH_TOKEN: '" + token + "'"
	item := "- 'ES_OAUTH2__REFRESH_TOKEN=" + token + "'"
	tests := map[string]struct {
		editor   Compose
		before   []byte
		settings []Setting
		want     string
	}{
		"no file": {two, nil, tokenSettings(), CreatedMark + "\n" + Mark + "\nservices:\n  db:\n    environment:\n      " + entry +
			"\n  web:\n    environment:\n      " + entry + "\n"},
		"map": {
			web, []byte("services:\n  web:\n    image: x\n    environment: # c\n      # d\n      A: b\n    ports: []\n"),
			tokenSettings(), "services:\n  web:\n    image: x\n    environment: # c\n      " + Mark + "\n      " + entry +
				"\n      # d\n      A: b\n    ports: []\n",
		},
		"list": {
			web, []byte("services:\n    web:\n        environment:\n        - A=b\n"), tokenSettings(),
			"services:\n    web:\n        environment:\n        " + Mark + "\n        " + item + "\n        - A=b\n",
		},
		"no environment, CRLF": {
			web, []byte("services:\r\n  # c\r\n  web:\r\n    image: x"), tokenSettings(),
			"services:\r\n  # c\r\n  web:\r\n    " + Mark + "\r\n    environment:\r\n      " + entry + "\r\n    image: x",
		},
		"empty environment": {
			web, []byte("services:\n  web:\n    environment:"), tokenSettings(),
			"services:\n  web:\n    environment:\n      " + Mark + "\n      " + entry,
		},
		"empty service and a missing one": {
			two, []byte("services:\n  web:\n"), tokenSettings(),
			"services:\n  " + Mark + "\n  db:\n    environment:\n      " + entry + "\n  web:\n    " + Mark +
				"\n    environment:\n      " + entry + "\n",
		},
		"no services": {
			web, []byte("# head\n\nname: x\nvolumes:\n"), tokenSettings(),
			"# head\n\n" + Mark + "\nservices:\n  web:\n    environment:\n      " + entry + "\nname: x\nvolumes:\n",
		},
		"merge key in environment": {
			web,
			[]byte("x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      <<: *e\n  db:\n    environment: *e\n"), tokenSettings(),
			"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      " + Mark + "\n      " + entry +
				"\n      <<: *e\n  db:\n    environment: *e\n",
		},
		"dollar and quotes": {
			web, []byte("services:\n"),
			[]Setting{{Key: "oauth2.scope", Value: "a'$b"}},
			"services:\n  " + Mark + "\n  web:\n    environment:\n      ES_OAUTH2__SCOPE: 'a''$$b'\n",
		},
		"bootstrap": {
			Compose{[]string{"web"}, StyleBootstrap},
			[]byte("services:\n"), tokenSettings(),
			"services:\n  " + Mark + "\n  web:\n    environment:\n      ES_BOOTSTRAP_SETTINGS: '{\"oauth2\":{\"refresh_token\":\"" +
				token + "\"}}'\n",
		},
		"only a comment": {
			web, []byte("# c"), tokenSettings(),
			"# c\n" + Mark + "\nservices:\n  web:\n    environment:\n      " + entry,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, record, err := tt.editor.Edit(tt.before, Desired{Settings: tt.settings}, Record{})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Fatalf("got\n%s\nwant\n%s", got, tt.want)
			}
			again, same, err := tt.editor.Edit(got, Desired{Settings: tt.settings}, record)
			if err != nil || string(again) != tt.want || len(same.Keys) != len(record.Keys) {
				t.Fatalf("second edit: %q, %v", again, err)
			}
			lost, regained, err := tt.editor.Edit(got, Desired{Settings: tt.settings}, Record{})
			if err != nil || string(lost) != tt.want || strings.Join(regained.Containers, " ") != strings.Join(record.Containers, " ") {
				t.Fatalf("without the record: %v %v %v", regained, record, err)
			}
			report, err := tt.editor.Inspect(got, Expect(tt.settings), record)
			if err != nil || !report.Matches() {
				t.Fatalf("report %+v, %v", report, err)
			}
			restored, gone, err := tt.editor.Remove(got, record)
			if err != nil || gone != (tt.before == nil) || string(restored) != string(tt.before) {
				t.Fatalf("removed: %q, %t, %v", restored, gone, err)
			}
		})
	}
}

func TestComposeEdit_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before       string
		want         error
		line, column int
	}{
		"invalid":          {"services:\n  web: [\n", ErrSyntax, 3, 1},
		"flow root":        {"# c\n{}\n", ErrUnsupported, 2, 1},
		"JSON":             {"{\"services\": {\"web\": {\"image\": \"x\"}}}\n", ErrUnsupported, 1, 1},
		"flow services":    {"services: {}\n", ErrUnsupported, 1, 11},
		"flow environment": {"services:\n  web:\n    environment: {A: b}\n", ErrUnsupported, 3, 18},
		"flow list":        {"services:\n  web:\n    environment: [A=b]\n", ErrUnsupported, 3, 18},
		"flow service":     {"services:\n  web: {image: x}\n", ErrUnsupported, 2, 8},
		"null":             {"services:\n  web:\n    environment: ~\n", ErrUnsupported, 3, 18},
		"reset":            {"services:\n  web:\n    environment: !reset\n", ErrUnsupported, 3, 18},
		"a number":         {"services:\n  web: 1\n", ErrUnsupported, 2, 8},
		"a list":           {"services:\n  web:\n    - image\n", ErrUnsupported, 3, 5},
		"a list of all":    {"- services\n", ErrUnsupported, 1, 1},
		"a text":           {"services\n", ErrUnsupported, 1, 1},
		"explicit keys":    {"services:\n  ? web\n  : image: x\n", ErrUnsupported, 0, 0},
		"a tab":            {"services:\n\tweb:\n", ErrSyntax, 2, 1},
		"a key twice":      {"services:\n  web:\n    image: x\n    image: y\n", ErrSyntax, 4, 5},
		"an open quote":    {"services:\n  web: 'x\n", ErrSyntax, 3, 1},
		"an unknown alias": {"services:\n  web: *x\n", ErrSyntax, 2, 8},
		"alias service":    {"x: &w\n  image: x\nservices:\n  web: *w\n", ErrUnsupported, 4, 8},
		"another case":     {"services:\n  web:\n    environment:\n      es_oauth2__refresh_token: x\n", ErrConflict, 4, 0},
		"shared, unused":   {"services: &s\n  web:\n    image: x\nx-other: *s\n", ErrUnsupported, 1, 11},
		"alias":            {"x: &e\n  A: b\nservices:\n  web:\n    environment: *e\n", ErrUnsupported, 5, 18},
		"merge hides":      {"x: &b\n  environment:\n    A: b\nservices:\n  web:\n    <<: *b\n", ErrUnsupported, 5, 0},
		"shared anchor": {
			"services:\n  web:\n    environment: &e\n      A: b\n  db:\n    environment: *e\n",
			ErrUnsupported, 3, 18,
		},
		"shared service": {"services:\n  web: &w\n    image: x\n  db:\n    <<: *w\n", ErrUnsupported, 2, 8},
		"extended":       {"services:\n  web:\n    image: x\n  db:\n    extends:\n      service: web\n", ErrUnsupported, 6, 7},
		"version 1":      {"web:\n  image: x\n", ErrUnsupported, 1, 1},
		"two documents":  {"a: 1\n---\nb: 1\n", ErrUnsupported, 2, 0},
		"foreign":        {"services:\n  web:\n    environment:\n    - ES_OAUTH2__REFRESH_TOKEN=other\n", ErrConflict, 4, 0},
		"scalar":         {"services: 1\n", ErrUnsupported, 1, 11},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Compose{[]string{"web"}, StyleVariables}.Edit([]byte(tt.before),
				Desired{Settings: tokenSettings()}, Record{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			if line, column := positionOf(err); line != tt.line || column != tt.column {
				t.Errorf("line %d, column %d: %v", line, column, err)
			}
		})
	}
}
