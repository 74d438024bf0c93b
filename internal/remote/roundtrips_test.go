package remote

import (
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
)

// TestRoundTrips counts questions and answers on the wire; time plays no part.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	proxy, err := delayproxy.Start(h.Address(), delayproxy.Options{RTT: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close() }()
	target := h.targetAt(t, proxy.Address())

	for _, test := range []struct {
		name  string
		paths []string
	}{{"one file", threeFiles[:1]}, {"three files", threeFiles}} {
		before := proxy.Counters().RoundTrips
		pool := newPool(t, nil)
		count := func() int {
			now := proxy.Counters().RoundTrips
			defer func() { before = now }()
			return now - before
		}
		if _, err := pool.Transact(testContext(t), target, Transaction{Paths: test.paths, Edit: write(test.name)}); err != nil {
			t.Fatal(err)
		}
		cold := count()
		if _, err := pool.Transact(testContext(t), target, Transaction{Paths: test.paths, Edit: write(test.name + " again")}); err != nil {
			t.Fatal(err)
		}
		pooled := count()
		if _, err := pool.Read(testContext(t), target, nil, test.paths...); err != nil {
			t.Fatal(err)
		}
		read := count()
		t.Logf("%s: cold %d, pooled %d, read %d round trips", test.name, cold, pooled, read)
		if cold > 11 || pooled > 3 || read > 2 {
			t.Errorf("%s: cold %d, pooled %d, read %d round trips, want at most 11, 3 and 2", test.name, cold, pooled, read)
		}
	}
	if c := proxy.Counters(); c.Connections != 2 {
		t.Errorf("%d connections for two pools", c.Connections)
	}
}
