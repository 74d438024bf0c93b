package bootstrap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestEnvEdit_refusesValuesWithTheWayOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format EnvFormat
		value  string
		reason string // empty: accepted
	}{
		{FormatDotenv, "secret a", "a blank"},
		{FormatDotenv, "secret\ta", "a blank"},
		{FormatDotenv, "secret\u00a0", "a blank"},
		{FormatDotenv, "secret$A", `"$"`},
		{FormatDotenv, "secret#", `"#"`},
		{FormatDotenv, "'secret'", "a quote"},
		{FormatDotenv, "\"secret", "a quote"},
		{FormatDotenv, "`secret", "a quote"},
		{FormatDotenv, "secret\\n", "a backslash"},
		{FormatDotenv, "secret\u200b", "an invisible character"},
		{FormatDotenv, "secret{}=:%!", ""},
		{FormatDotenv, "secret" + strings.Repeat("x", 64*1024), "64 KiB"},
		{FormatShell, "secret $A # 'b' \"c\" \\ `d`", ""},
		{FormatSystemd, "secret $A # 'b' \"c\" \\ `d`", ""},
		{FormatShell, "secret\nb", "a line break"},
		{FormatSystemd, "secret\rb", "a line break"},
		{FormatShell, "secret\x00", "a NUL byte"},
		{FormatSystemd, "secret\x1b", "a control character"},
		{FormatShell, "secret\xff", "not valid UTF-8"},
		{FormatDotenv, "secret\n", "a line break"},
	}
	for _, tt := range tests {
		_, _, err := Env{tt.format, StyleVariables}.Edit(nil,
			Desired{Settings: []Setting{{Key: "oauth2.scope", Value: tt.value}}}, Record{})
		if tt.reason == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.format, err)
			}
			continue
		}
		var value *ValueError
		if !errors.As(err, &value) || value.Key != "oauth2.scope" || !strings.Contains(value.Format, string(tt.format)) ||
			!strings.Contains(value.Reason, tt.reason) || value.WayOut == "" {
			t.Errorf("%s: got %#v", tt.format, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the value is in the message: %v", err)
		}
	}
}

func TestEnvEdit_refusesFilesThatDoNotEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format       EnvFormat
		before       string
		line, column int
	}{
		{FormatDotenv, "A=1\nB='x\n", 2, 3},
		{FormatDotenv, "A=\x00", 1, 3},
		{FormatDotenv, "A=1\r", 1, 0},
		{FormatShell, "A='x\n", 1, 1},
		{FormatShell, "A=1\n  B=\"$(echo \"x\")\n", 2, 3},
		{FormatShell, "cat <<E\nx\n", 1, 5},
		{FormatShell, "cat <<E &", 1, 5},
		{FormatShell, "cat <<\\\n", 1, 5},
		{FormatShell, "A=1\ncat << ;", 2, 5},
		{FormatShell, "cat <<''\nA=1\n", 1, 5},
		{FormatShell, "A=1 \\", 1, 1},
		{FormatShell, "A=`x", 1, 1},
		{FormatSystemd, "A=1\nB=\"x\n", 2, 1},
		{FormatSystemd, "A=x\\", 1, 1},
	}
	for _, tt := range tests {
		_, _, err := Env{tt.format, StyleVariables}.Edit([]byte(tt.before), Desired{Settings: tokenSettings()}, Record{})
		if line, column := positionOf(err); !errors.Is(err, ErrSyntax) || line != tt.line || column != tt.column {
			t.Errorf("%s %q: %d:%d %v", tt.format, tt.before, line, column, err)
		}
	}
}

// The scanners read what the readers of each format do.
func TestEnvScan_readsLikeItsReaders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format EnvFormat
		text   string
		want   []string // name=value, a leading ? where the value depends on the reader, ! where the line is shared
	}{
		{
			FormatDotenv, "\uFEFFA=1\n  B=x=y\n#C=1\nD\nE=\"q\"\nF='m\nG=1\n'\nexport H=2\nI=[\"a\"]\nJ=a b\n",
			[]string{"A=1", "B=x=y", "?D=", "?E=", "?F=", "H=2", "I=[\"a\"]", "?J="},
		},
		{
			FormatShell, "export A='x'\\''y'\"z\"w\nB=1\nexport C=$A\nexport D=1; export E=2\nexport F=1 G=2\n" +
				"cat <<E >x &\nexport H=1\nE\nexport I=\"a\\$b\\c\" # note\n'export' J=\\ k\nexport L=~\nif x; then\n  export M=1\nfi\n",
			[]string{"A=x'yzw", "?B=", "?C=", "!D=1", "!E=2", "I=a$b\\c", "J= k", "?L=", "M=1"},
		},
		{
			// single quotes count in ${} outside of double quotes only
			FormatShell, "export A=${B:-'}'}\nexport C=1\nexport D=\"${B:-it's }\"\nexport E=2\nexport F=${B:-\"it's }\"}\nexport G=3\n" +
				"cat <<''\nexport X='\n\nexport Y=1\n" +
				"export H=$(echo \"${B:-'}\" '\")')\nexport I=4\nexport J=${B:-`echo '}'`}\nexport K=5\n",
			[]string{"?A=", "C=1", "?D=", "E=2", "?F=", "G=3", "Y=1", "?H=", "I=4", "?J=", "K=5"},
		},
		{
			// since version 254 a comment ends at its line's end, before that a backslash went on
			FormatSystemd, "# c \\\nA=1\nB=2\n; \\\\\nC=3\n# \\x\nD=4\n",
			[]string{"?A=", "B=2", "C=3", "D=4"},
		},
		{
			FormatSystemd, "A=1 \nB='x' \"y\"\n; C=1\n# D=1 \\\nE=2\nE=a\\ \\\n b\nF=\"a\\\"b\\\\\\$\\`\"\nG='a\\b'\nH=a'b'\nbad\nI=x\rJ=y\n",
			[]string{"A=1", "B=xy", "?E=", "E=a  b", "F=a\"b\\$`", "?G=", "H=a'b'", "!I=x", "!J=y"},
		},
	}
	for _, tt := range tests {
		d, err := Env{Format: tt.format}.scan([]byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range d.assignments {
			prefix := ""
			if !a.readable {
				prefix = "?"
				a.value = ""
			}
			if !a.sole {
				prefix += "!"
			}
			got = append(got, fmt.Sprintf("%s%s=%s", prefix, a.name, a.value))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.format, got, tt.want)
		}
	}
}
