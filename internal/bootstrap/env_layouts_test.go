package bootstrap

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// envLayouts are environment files as others write them.
var envLayouts = map[EnvFormat][]string{
	FormatDotenv: {
		"", "\n", "\r\n", " ", "A=1", "A=1\n", "A=1\r\n", "A=1\nB=2\r\n", "A=1\r\nB=2\n", "A=1\r\nB=2", "\uFEFFA=1\n", "\uFEFF", "# c", "# c\\\n", "#A=1\n", "export A=1\n",
		"A\n", "A=\n", "=1\n", "A = 1\n", "A: b\n", "A='x'\n", "A=\"x # y\" # c\n", "A=\"x\ny\"\n", "A='x\ny'\nB=1\n", "A=x'y\n", "A=\"a\\\"b\"\n", "A=a\\\nB=1\n", "A=$B\n", "A=1\n\n\n", "A=1\r\n\r\n", "\tA=1\n", "A=1\rB=2\n", "ÄÖ=1\n",
	},
	FormatShell: {
		"", "\n", "#!/bin/sh\n", "A=1", "A=1\n", "A=1\r\n", "export A=1; export B=2\n", "A=1 # c\n", "# c \\\n", "A='x\ny'\n", "A=\"x\n$B\"\n", "A=$(echo 'x'\n)\n", "A=`echo x`\n", ": <<E\nx'y\nE\n", ": <<-'E F'\n\tx\n\tE F\n",
		": <<A <<B\na\nA\nb\nB\n", ": <<''\nA='\n\n", "if :; then\n  A=1\nfi\n", "f() {\n  A='1'\n}\n", "case x in\n  x) A=1 ;;\nesac\n", "A=1 \\\n  B=2\n", "A=${B:-'}'}\n", "A=\"${B:-it is}\"\n", "A=$'it\\'s'\n", "A=$((1<<2))\n", "A=(1 2)\n",
		"[ -r x ] && . x\n", "\uFEFFA=1\n", "echo \\' >/dev/null\n", "A=#b\n", "A=1 >/dev/null 2>&1\n", "A=\"$(echo \"$(echo ')')\")\"\n", "A=\"`echo \\\"x\\\"`\"\n", "(A='1')\n", "{ A=1; }\n", "A=a\\ b\\'c\n", "A=1;;\n", "A=\"$\"\n", "A=$\n",
	},
	FormatSystemd: {
		"", "\n", "; c\n", "# c\n", "# c \\\n", "A=1", "A=1\n", "A=1\r\n", "A=1\rB=2\n", "A='x y'\n", "A='x\ny'\n", "A=\"x\ny\"\n", "A=x \\\ny\n", "A='x' \"y\" z\n", " A = 1 \n", "export A=1\n", "A\n", "A=a'b\n", "A=\"\\\"\"\n", "A=%h\n", "A=$B\n", "A=1 # c\n", "\n\n\n", "A=1\n\n\n", "=\n", "A==\n",
	},
}

// appended is what an edit makes of a file: a group at the end, ended like the first line, or not at all where the last
// line is not. A shell would take a CR into the value.
func appended(format EnvFormat, before string, lines ...string) string {
	newline := "\n"
	if i := strings.IndexByte(before, '\n'); i > 0 && before[i-1] == '\r' && format != FormatShell {
		newline = "\r\n"
	}
	group := strings.Join(append([]string{Mark}, lines...), newline)
	if before == "" || strings.HasSuffix(before, "\n") {
		return before + group + newline
	}
	return before + newline + group
}

func TestEnvEdit_everyLayout(t *testing.T) {
	t.Parallel()
	lines := map[EnvFormat]string{
		FormatDotenv: "ES_OAUTH2__REFRESH_TOKEN=" + token, FormatShell: "export ES_OAUTH2__REFRESH_TOKEN='" + token + "'", FormatSystemd: "ES_OAUTH2__REFRESH_TOKEN=" + token,
	}
	for format, befores := range envLayouts {
		for _, before := range befores {
			checkLife(t, Env{format, StyleVariables}, []byte(before), tokenSettings(), appended(format, before, lines[format]))
			checkLife(t, Env{format, StyleBootstrap}, []byte(before), apiSettings(), "")
			for _, first := range []Style{StyleVariables, StyleBootstrap} {
				second := map[Style]Style{StyleVariables: StyleBootstrap, StyleBootstrap: StyleVariables}[first]
				if !twoRecords(t, Env{format, first}, Env{format, second}, []byte(before), apiSettings(), tokenSettings()) {
					t.Errorf("%s: two styles do not fit into %q", format, before)
				}
			}
		}
	}
}

func TestSnippet_everyLayout(t *testing.T) {
	t.Parallel()
	for _, before := range envLayouts[FormatShell] {
		checkLife(t, Snippet{Path: "/etc/earthscope.env"}, []byte(before), nil,
			appended(FormatShell, before, "if [ -r '/etc/earthscope.env' ]; then . '/etc/earthscope.env'; fi"))
	}
}

// Every shell that can read a layout at all finds the token behind it.
func TestEnvShell_everyLayoutInRealShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "bash", "zsh", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(shell)
			part(t, err != nil, shell)
			read := func(text string) string {
				file := filepath.Join(t.TempDir(), "file.sh")
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				arguments := []string{"-c", `. "$1" 2>/dev/null; printf '%s' "$ES_OAUTH2__REFRESH_TOKEN"`, shell, file}
				if shell == "busybox" {
					arguments = append([]string{"sh"}, arguments...)
				}
				command := exec.CommandContext(t.Context(), program, arguments...)
				command.Dir, command.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH")}
				output, _ := command.Output() // what a shell cannot read prints nothing
				return string(output)
			}
			understood := 0
			for _, before := range envLayouts[FormatShell] {
				if read(strings.TrimSuffix(before, "\n")+"\nexport ES_OAUTH2__REFRESH_TOKEN=probe\n") != "probe" {
					continue
				}
				understood++
				after, _ := edit(t, Env{FormatShell, StyleVariables}, []byte(before), Desired{Settings: tokenSettings()}, Record{})
				if got := read(string(after)); got != token {
					t.Errorf("%q gives %q", after, got)
				}
			}
			if understood < len(envLayouts[FormatShell])*3/4 {
				t.Errorf("only %d layouts were understood", understood)
			}
		})
	}
}
