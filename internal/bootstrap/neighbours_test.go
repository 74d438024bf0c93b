package bootstrap

import (
	"bytes"
	"strings"
	"testing"
)

// Others put entries into the tables and services that were made here: those stay, and what holds them.
func TestEditor_othersWriteIntoWhatWeMade(t *testing.T) {
	t.Parallel()
	web := Compose{Services: []string{"web"}, Style: StyleVariables}
	tests := map[string]struct {
		editor     Editor
		before     string
		theirs, at string // their text goes in behind this one
		want       string
	}{
		"a key in our table": {
			editor: lab, before: "x = 1\n", at: token + "\"\n", theirs: "y = 2\n",
			want: "x = 1\n[profile.lab]\ny = 2\n",
		},
		"a comment in our table": {
			editor: lab, before: "x = 1\n", at: token + "\"\n", theirs: "# theirs\n",
			want: "x = 1\n# theirs\n",
		},
		"a table below ours": {
			editor: lab, before: "", at: token + "\"\n", theirs: "[profile.lab.http]\ny = 2\n",
			want: "[profile.lab.http]\ny = 2\n",
		},
		"a key behind ours in an inline table": {
			editor: lab, before: "profile.lab.oauth2 = { scope = \"a\" }\n", at: token + "\"",
			theirs: " , y = 2", want: "profile.lab.oauth2 = { scope = \"a\" , y = 2 }\n",
		},
		"a variable in our environment": {
			editor: web, before: "services:\n  web:\n    image: x\n", at: token + "'\n",
			theirs: "      A: b\n", want: "services:\n  web:\n    environment:\n      A: b\n    image: x\n",
		},
		"an image for our service": {
			editor: web, before: "services:\n  db:\n    image: y\n", at: token + "'\n",
			theirs: "    image: x\n", want: "services:\n  web:\n    image: x\n  db:\n    image: y\n",
		},
		"a service beside ours": {
			editor: web, before: "name: n\n", at: token + "'\n",
			theirs: "  db:\n    image: y\n", want: "services:\n  db:\n    image: y\nname: n\n",
		},
		"a variable behind ours": {
			editor: Env{FormatSystemd, StyleVariables}, before: "", at: token + "\n", theirs: "A=1\n",
			want: "A=1\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, tt.editor, []byte(tt.before), Desired{Settings: tokenSettings()}, Record{})
			mixed := strings.Replace(string(after), tt.at, tt.at+tt.theirs, 1)
			if mixed == string(after) {
				t.Fatalf("their text found no place in %q", after)
			}
			if got := remove(t, tt.editor, []byte(mixed), record); got != tt.want {
				t.Fatalf("got %q want %q", got, tt.want)
			}
			more, record := edit(t, tt.editor, []byte(mixed), Desired{Settings: apiSettings()}, record)
			if got := remove(t, tt.editor, more, record); got != tt.want {
				t.Fatalf("after an update: got %q want %q", got, tt.want)
			}
		})
	}
}

// Entries that somebody deleted by hand leave no mark behind.
func TestEditor_entriesDeletedByHand(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, k.editor, []byte("\n# first\n"), Desired{Settings: tokenSettings()}, Record{})
			var left []string
			for line := range strings.Lines(string(after)) {
				if line == Mark+"\n" || strings.TrimSpace(line) == "" || strings.HasPrefix(line, "# first") {
					left = append(left, line)
				}
			}
			if got := remove(t, k.editor, []byte(strings.Join(left, "")), record); got != "\n# first\n" {
				t.Fatalf("got %q", got)
			}
		})
	}
}

func TestEditor_staleEntriesKeepTheMarkOfTheOthers(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		if name == "toml inline" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, k.editor, []byte(k.plain), Desired{Settings: apiSettings()}, Record{})
			fewer, record := edit(t, k.editor, after, Desired{Settings: apiSettings()[2:]}, record)
			if n := bytes.Count(fewer, []byte(Mark)); n != 1 {
				t.Fatalf("%d marks in %q", n, fewer)
			}
			recovered, _ := edit(t, k.editor, fewer, Desired{Settings: []Setting{{Key: apiSettings()[2].Key, Value: int64(7)}}}, Record{})
			if n := bytes.Count(recovered, []byte(Mark)); n != 1 {
				t.Fatalf("%d marks in %q", n, recovered)
			}
			if got := remove(t, k.editor, fewer, record); got != k.plain {
				t.Fatalf("got %q want %q", got, k.plain)
			}
		})
	}
}

// Services that are no longer named lose their variables, and the service goes if it was made here.
func TestComposeEdit_servicesChange(t *testing.T) {
	t.Parallel()
	before := "services:\n  web:\n    image: x\n"
	desired := Desired{Settings: tokenSettings()}
	after, record := edit(t, Compose{[]string{"web", "new"}, StyleVariables}, []byte(before), desired, Record{})
	after, record = edit(t, Compose{[]string{"web"}, StyleVariables}, after, desired, record)
	want, _ := edit(t, Compose{[]string{"web"}, StyleVariables}, []byte(before), desired, Record{})
	if !bytes.Equal(after, want) {
		t.Fatalf("got %q want %q", after, want)
	}
	if got := remove(t, Compose{[]string{"web"}, StyleVariables}, after, record); got != before {
		t.Fatalf("got %q", got)
	}
}

// Another style is a change of keys: the former ones go with the same edit.
func TestEditor_styleChanges(t *testing.T) {
	t.Parallel()
	desired := Desired{Settings: apiSettings()}
	for name, editors := range map[string][2]Editor{
		"environment": {Env{FormatDotenv, StyleVariables}, Env{FormatDotenv, StyleBootstrap}},
		"compose":     {Compose{[]string{"web"}, StyleVariables}, Compose{[]string{"web"}, StyleBootstrap}},
	} {
		after, record := edit(t, editors[0], []byte("# c\n"), desired, Record{})
		after, record = edit(t, editors[1], after, desired, record)
		want, _ := edit(t, editors[1], []byte("# c\n"), desired, Record{})
		if !bytes.Equal(after, want) {
			t.Errorf("%s: got %q want %q", name, after, want)
		}
		if got := remove(t, editors[1], after, record); got != "# c\n" {
			t.Errorf("%s: removed %q", name, got)
		}
	}
}
