package sshserver

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTools_areAddedAndHidden(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{
		Users: users, HideTools: []string{"flock", "mktemp"},
		Tools: map[string]string{"sync": "#!/bin/sh\necho imitated\n"},
	})
	session := openSession(t, dial(t, server, key))
	output, err := session.Output("sync; command -v flock || echo none; command -v mktemp || echo none; echo x | cat")
	if want := "imitated\nnone\nnone\nx\n"; err != nil || string(output) != want {
		t.Errorf("output %q, %v; want %q", output, err, want)
	}
}

func TestFakeSudo_answersAsSudo(t *testing.T) {
	t.Parallel()
	const show = ` sh -c 'echo "$USER $SUDO_USER ${HOME##*/} ${EXTRA-cleared}"; cat'`
	tests := []struct {
		name, password, command, stdin string
		wantOutput, wantStderr         string
		works                          bool
	}{
		{"no password needed", "", "sudo -n -u data --" + show, "rest", "data gnss data cleared\nrest", "", true},
		{"password left unread", "", "sudo -S -p '' -u data" + show, "secret\nrest", "data gnss data cleared\nsecret\nrest", "", true},
		{"password asked in vain", "it's", "sudo -n -u data" + show, "", "", "sudo: a password is required\n", false},
		{"password given", "it's", "sudo -S -p 'pw:' -u data" + show, "it's\nrest", "data gnss data cleared\nrest", "pw:", true},
		{"second attempt", "it's", "sudo -S -p '' -u data" + show, "wrong\nit's\nrest", "data gnss data cleared\nrest", "Sorry, try again.\n", true},
		{"three wrong", "it's", "sudo -S -p '' -u data" + show, "a\nb\nc\nd\n", "", "sudo: 3 incorrect password attempts\n", false},
		{"input ends", "it's", "sudo -S -p '' -u data" + show, "", "", "sudo: no password was provided\n", false},
		{"user not allowed", "", "sudo -n -u root" + show, "", "", "is not allowed to execute", false},
		{"no terminal", "it's", "sudo -u data" + show, "", "", "sudo: a terminal is required", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key, users := account(t)
			server := start(t, Options{
				Users: users, Tools: map[string]string{"sudo": FakeSudo(test.password, "data", "o'neil")},
				Environment: map[string]string{"EXTRA": "kept"},
			})
			session := openSession(t, dial(t, server, key))
			var stderr strings.Builder
			session.Stderr = &stderr
			// The last cat takes what is left, so that unread input is no error of the client.
			session.Stdin = strings.NewReader(test.stdin)
			output, err := session.Output(test.command + "; status=$?; cat >/dev/null; exit $status")
			if string(output) != test.wantOutput || (err == nil) != test.works || !strings.Contains(stderr.String(), test.wantStderr) {
				t.Errorf("output %q, stderr %q, %v", output, stderr.String(), err)
			}
			home, err := server.Home("data")
			if err != nil || filepath.Base(home) != "data" {
				t.Errorf("home of the other account %q, %v", home, err)
			}
		})
	}
}
