package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// countingSudo asks for a password, as sudo does, counts the wrong ones in a file,
// and runs the command if it is right.
const countingSudo = `#!/bin/sh
while [ "$1" != -- ]; do [ "$1" = -p ] && prompt=$2; shift; done
shift
printf "%s" "$prompt" >&2
IFS= read -r given
[ "$given" = right ] && exec "$@"
echo x >>"$HOME/refused"
echo "Sorry, try again." >&2
printf "%s" "$prompt" >&2
IFS= read -r given
exit 1
`

func countRefused(t *testing.T, hosts ...*host) (count int) {
	t.Helper()
	for _, h := range hosts {
		if err := h.WaitIdle(testContext(t)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(h.home, "refused"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		count += strings.Count(string(text), "x")
	}
	return count
}

// TestBecome_wrongPasswordIsSentOnce reads and writes again and again with a wrong
// password for sudo: each host sees it once, and only two hosts see it at all.
func TestBecome_wrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	var hosts []*host
	for range 4 {
		hosts = append(hosts, startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.Tools = map[string]string{"sudo": countingSudo} }))
	}
	pool := newPool(t, nil)
	wrong := &process.Become{User: "root", Password: []byte("SECRETwrong")}
	for range 3 {
		for _, h := range hosts {
			_, readErr := pool.Read(testContext(t), h.target, wrong, "/etc/f")
			_, runErr := pool.Run(testContext(t), h.target, Command{Text: "true", Become: wrong})
			for _, err := range []error{readErr, runErr} {
				var refused *process.BecomeError
				if !errors.As(err, &refused) || refused.Reason != process.SudoWrongPassword || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("error = %T %v, want %s", err, err, process.SudoWrongPassword)
				}
			}
		}
	}
	if got := countRefused(t, hosts...); got != maxRefusals {
		t.Errorf("sudo refused the password %d times, want %d", got, maxRefusals)
	}
	right := &process.Become{User: "root", Password: []byte("right")}
	for _, h := range hosts {
		output, err := pool.Run(testContext(t), h.target, Command{Text: "echo done", Become: right})
		if err != nil || string(output.Stdout) != "done\n" {
			t.Errorf("with the right password: %q, %v", output.Stdout, err)
		}
	}
}
