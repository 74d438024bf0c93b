package remote

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

type carried [4096]byte

type carriedKey struct{}

// TestPool_keepsNoContext holds that a connection, which outlives the call that
// opened it, lets go of that call's context: a provider's carries its loggers,
// and a fleet has a thousand connections.
func TestPool_keepsNoContext(t *testing.T) {
	t.Parallel()
	_, targets := startFleet(t, sshserver.FleetOptions{Hosts: 2})
	pool := newPool(t, nil)
	var collected atomic.Int32
	for _, target := range targets {
		func() {
			value := &carried{}
			runtime.AddCleanup(value, func(counter *atomic.Int32) { counter.Add(1) }, &collected)
			ctx, cancel := context.WithCancel(context.WithValue(testContext(t), carriedKey{}, value))
			defer cancel()
			target.Wait = Wait{For: time.Minute, Progress: func(WaitEvent) { _ = ctx.Err() }}
			target.HostKey.TrustOnFirstUse = true
			if _, err := pool.Transact(ctx, target, Transaction{Paths: []string{"~/a"}, Edit: write("x")}); err != nil {
				t.Fatal(err)
			}
		}()
	}
	for range 100 { // a cleanup runs some time after its collection
		if runtime.GC(); collected.Load() == int32(len(targets)) {
			break
		}
		runtime.Gosched()
	}
	if got := collected.Load(); got != int32(len(targets)) {
		t.Errorf("%d of %d contexts were let go of", got, len(targets))
	}
	runtime.KeepAlive(pool)
}
