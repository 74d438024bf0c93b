package remote

import (
	"errors"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func TestRun(t *testing.T) {
	t.Parallel()
	h := startHost(t, func(_ *sshserver.Options, user *sshserver.User) {
		user.Noise = sshserver.Noise{BeforeStdout: "Welcome!", BeforeStderr: "tset: unknown terminal\n", AfterStdout: ""}
	})
	pool := newPool(t, nil)
	output, err := pool.Run(testContext(t), h.target, Command{Text: `echo "it's $((40+2))"; cat; echo oops >&2; exit 3`, Stdin: []byte("input")})
	if err != nil {
		t.Fatal(err)
	}
	if string(output.Stdout) != "it's 42\ninput" || string(output.Stderr) != "oops\n" || output.ExitCode != 3 || output.Truncated {
		t.Errorf("output = %q, %q, %d", output.Stdout, output.Stderr, output.ExitCode)
	}
	output, err = pool.Run(testContext(t), h.target, Command{Text: "yes | head -c 100000", MaxOutput: 10})
	if err != nil || len(output.Stdout) != 10 || !output.Truncated {
		t.Errorf("%d bytes, truncated %t, %v", len(output.Stdout), output.Truncated, err)
	}
}

func TestRun_noShell(t *testing.T) {
	t.Parallel()
	for _, mode := range []sshserver.ExecMode{sshserver.ExecRefused, sshserver.ExecNoLogin} {
		_, err := newPool(t, nil).Run(testContext(t), startHost(t, withExec(mode)).target, Command{Text: "true"})
		if !errors.Is(err, posixshell.ErrNoShell) || strings.Contains(err.Error(), "printf") {
			t.Errorf("mode %v: error = %v, want ErrNoShell", mode, err)
		}
	}
}
