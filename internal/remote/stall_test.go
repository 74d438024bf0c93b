package remote

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestTransact_stallOfALargeWrite sends more than fits into SSH's window and the
// kernel's buffers to a host that has stopped reading. The end of the context
// ends the call.
func TestTransact_stallOfALargeWrite(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sshserver.ExecMode{"shell": sshserver.ExecShell, "SFTP": sshserver.ExecRefused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, withExec(mode))
			proxy, err := delayproxy.Start(h.Address(), delayproxy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = proxy.Close() }()
			cause := errors.New("interrupted by the user")
			ctx, cancel := context.WithCancelCause(testContext(t))
			ended, edited := make(chan error, 1), make(chan struct{})
			pool := newPool(t, func(o *Options) { o.Sleep = noPause })
			target := h.targetAt(t, proxy.Address())
			go func() {
				_, err := pool.Transact(ctx, target, Transaction{Paths: threeFiles, Edit: func(states []files.State) ([]files.Change, error) {
					proxy.BlackHole(true)
					close(edited)
					return write(strings.Repeat("x", files.MaxSize))(states)
				}})
				ended <- err
			}()
			<-edited
			pause(ctx, 300*time.Millisecond) // let it fill the window; nothing depends on how long that takes
			cancel(cause)
			select {
			case err := <-ended:
				if !errors.Is(err, cause) {
					t.Errorf("error = %T %v, want %v", err, err, cause)
				}
			case <-testContext(t).Done():
				t.Error("the call did not end with its context")
			}
		})
	}
}
