package remote

import (
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
)

// TestPool_deadConnectionIsFoundOut pulls the cable under an idle connection. The
// missing signs of life retire it, so that the next call gets a new one.
func TestPool_deadConnectionIsFoundOut(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	proxy, err := delayproxy.Start(h.Address(), delayproxy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close() }()
	target := h.targetAt(t, proxy.Address())
	pool := newPool(t, func(o *Options) { o.Keepalive = 20 * time.Millisecond })
	ctx := testContext(t)
	if _, err := pool.Read(ctx, target, nil, "~/f"); err != nil {
		t.Fatal(err)
	}
	for h.Counters().GlobalRequests["keepalive@openssh.com"] == 0 {
		if ctx.Err() != nil {
			t.Fatal("no sign of life was sent")
		}
		pause(ctx, time.Millisecond)
	}
	proxy.BlackHole(true)
	for {
		pool.mu.Lock()
		alive := len(pool.links)
		pool.mu.Unlock()
		if alive == 0 {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the dead connection is still in the pool")
		}
		pause(ctx, time.Millisecond)
	}
	proxy.BlackHole(false)
	if _, err := pool.Read(ctx, target, nil, "~/f"); err != nil {
		t.Errorf("after the cable is back: %v", err)
	}
}
