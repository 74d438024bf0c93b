package session

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	day := Token{Claims: Claims{IssuedAt: issued, ExpiresAt: issued.Add(24 * time.Hour)}}
	minute := Token{Claims: Claims{IssuedAt: issued, ExpiresAt: issued.Add(time.Minute)}}
	undated := Token{Claims: Claims{ExpiresAt: issued.Add(24 * time.Hour)}}
	const threshold = time.Minute
	for name, test := range map[string]struct {
		token    Token
		age      time.Duration
		received time.Duration // after issued; -1 = unknown
		minTTL   time.Duration
		want     verdict
	}{
		"new":                                     {day, 0, -1, 0, fresh},
		"at the threshold":                        {day, 24*time.Hour - threshold, -1, 0, fresh},
		"below the threshold":                     {day, 24*time.Hour - threshold + 1, -1, 0, stale},
		"expired":                                 {day, 24 * time.Hour, -1, 0, stale},
		"just enough":                             {day, time.Hour, -1, 23 * time.Hour, fresh},
		"a second short":                          {day, time.Hour + time.Second, -1, 23 * time.Hour, stale},
		"a second short, but just received":       {day, time.Hour + time.Second, time.Hour, 23 * time.Hour, bestThere},
		"more than a life, new":                   {day, 0, -1, 48 * time.Hour, bestThere},
		"more than a life, a tenth gone":          {day, 24 * time.Hour / 10, -1, 48 * time.Hour, bestThere},
		"more than a life, more than a tenth":     {day, 24*time.Hour/10 + 1, -1, 48 * time.Hour, stale},
		"half of a short life":                    {minute, 30 * time.Second, -1, 0, fresh},
		"more than half of a short life":          {minute, 30*time.Second + 1, -1, 0, stale},
		"expired by our clock, just received":     {day, 25 * time.Hour, 25 * time.Hour, 0, bestThere},
		"expired by our clock, received long ago": {day, 50 * time.Hour, 25 * time.Hour, 0, stale},
		"received in the future":                  {day, 25 * time.Hour, 30 * time.Hour, 0, stale},
		"no issue time, alive":                    {undated, time.Hour, -1, 0, fresh},
		"no issue time, more than a life, new":    {undated, time.Hour, 0, 25 * time.Hour, bestThere},
		"no issue time, a whole life, an hour on": {undated, time.Hour, 0, 24 * time.Hour, stale},
		"a new one would do, an hour on":          {day, time.Hour, 0, 23*time.Hour + time.Second, stale},
		"a new one would do, a minute on":         {day, threshold, 0, 24 * time.Hour, stale},
		"a new one would do, some seconds on":     {day, threshold - 1, 0, 24 * time.Hour, bestThere},
		"no issue time, too little":               {undated, 3 * time.Hour, 0, 24 * time.Hour, stale},
		"no issue time, arrival not known":        {undated, time.Hour, -1, 24 * time.Hour, stale},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var received time.Time
			if test.received >= 0 {
				received = issued.Add(test.received)
			}
			if got := judge(test.token, received, issued.Add(test.age), need{threshold, test.minTTL}); got != test.want {
				t.Errorf("judge = %v, want %v", got, test.want)
			}
		})
	}
}
