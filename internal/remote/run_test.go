package remote

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
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

// TestRun_connectionLost tells a command that may have run from one that has not.
func TestRun_connectionLost(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, func(o *Options) { o.Sleep = noPause })
	for _, test := range []struct {
		after int64
		began bool
	}{{0, false}, {200, true}} {
		h.SetFaults(sshserver.Fault{Point: sshserver.Stdout, After: test.after, Do: sshserver.Cut})
		_, err := pool.Run(testContext(t), h.target, Command{Text: "echo x >>~/ran; yes | head -c 10000"})
		var running *CommandLostError
		var before *files.LostError
		if errors.As(err, &running) != test.began || errors.As(err, &before) == test.began {
			t.Errorf("cut after %d bytes: error = %T %v", test.after, err, err)
		}
		h.ClearFaults()
	}
	if err := h.WaitIdle(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(h.home + "/ran"); err != nil || len(text) > 2*len("x\n") {
		t.Errorf("the commands ran more than once each: %q, %v", text, err)
	}
}
