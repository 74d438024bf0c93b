package delayproxy

import "testing"

// event is data read from a side, or delivered to the other one.
type event struct {
	toServer bool
	deliver  bool
	number   int // what reading must give, or what is delivered
}

func TestChain_followsCauseNotPackets(t *testing.T) {
	t.Parallel()
	const toServer, toClient, read, deliver = true, false, false, true
	tests := []struct {
		name              string
		events            []event
		roundTrips, turns int
	}{
		{"the server speaks first", []event{
			{toClient, read, 1}, {toClient, deliver, 1},
		}, 1, 0},
		{"both speak at once, then the client asks", []event{
			{toServer, read, 0},
			{toClient, read, 1},
			{toServer, deliver, 0},
			{toClient, deliver, 1},
			{toServer, read, 1},
			{toServer, deliver, 1},
			{toClient, read, 2},
			{toClient, deliver, 2},
		}, 2, 2},
		{"an acknowledgement crosses the rest of the answer", []event{
			{toServer, read, 0},
			{toServer, deliver, 0},
			{toClient, read, 1},
			{toClient, read, 1},
			{toClient, read, 1},
			{toClient, deliver, 1},
			{toServer, read, 1},
			{toServer, deliver, 1},
			{toClient, deliver, 1},
			{toServer, read, 1},
			{toServer, deliver, 1},
			{toClient, deliver, 1},
		}, 1, 3},
		{"questions sent together", []event{
			{toServer, read, 0},
			{toServer, read, 0},
			{toServer, deliver, 0},
			{toClient, read, 1},
			{toServer, deliver, 0},
			{toClient, read, 1},
			{toClient, deliver, 1},
			{toClient, deliver, 1},
		}, 1, 1},
		{"a last message without an answer", []event{
			{toServer, read, 0},
			{toServer, deliver, 0},
			{toClient, read, 1},
			{toClient, deliver, 1},
			{toServer, read, 1},
			{toServer, deliver, 1},
		}, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var ledger ledger
			numbers := chain{ledger: &ledger}
			for i, event := range test.events {
				if event.deliver {
					numbers.deliver(event.toServer, event.number, 1)
				} else if got := numbers.stamp(event.toServer); got != event.number {
					t.Fatalf("event %d: number %d, want %d", i, got, event.number)
				}
			}
			if got := ledger.counters.RoundTrips; got != test.roundTrips {
				t.Errorf("%d round trips, want %d", got, test.roundTrips)
			}
			if got := ledger.counters.Turns; got != test.turns {
				t.Errorf("%d turns, want %d", got, test.turns)
			}
		})
	}
}
