package provider

import (
	"testing"
	"time"
)

func TestNextRenewal_times(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		left, keep, want time.Duration
	}{
		"a day":                             {24 * time.Hour, time.Minute, 24*time.Hour - 90*time.Second},
		"min_ttl that fits":                 {24 * time.Hour, 2 * time.Hour, 22*time.Hour - 30*time.Second},
		"min_ttl nearly as long":            {24 * time.Hour, 23 * time.Hour, 12 * time.Hour},
		"min_ttl longer than a token lives": {24 * time.Hour, 48 * time.Hour, 12 * time.Hour},
		"short token":                       {2 * time.Minute, time.Minute, time.Minute},
		"about to expire":                   {10 * time.Second, time.Minute, 30 * time.Second},
		"expired":                           {-time.Hour, time.Minute, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := nextRenewal(now, now.Add(test.left), test.keep).Sub(now); got != test.want {
				t.Errorf("in %v, want %v", got, test.want)
			}
		})
	}
}
