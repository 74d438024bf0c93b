package session

import (
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Token is an access token with what it says about itself.
type Token struct {
	AccessToken settings.Secret
	Claims      Claims
	// Source says where the credential behind it came from.
	Source settings.Source
}

// TokenType is the type of every EarthScope access token (RFC 6750).
const TokenType = "Bearer"

// lifetime is the whole life of the token, or 0 where it does not say when it
// was issued.
func (t Token) lifetime() time.Duration {
	if t.Claims.IssuedAt.IsZero() {
		return 0
	}
	return t.Claims.ExpiresAt.Sub(t.Claims.IssuedAt)
}

// Remaining is the life left at now; negative once the token has expired.
func (t Token) Remaining(now time.Time) time.Duration { return t.Claims.ExpiresAt.Sub(now) }

// need is how much life a consumer wants and how much the session keeps.
type need struct {
	threshold time.Duration // refresh when less is left
	minTTL    time.Duration // what the consumer asked for; 0 = nothing special
}

// verdict is the answer of judge.
type verdict int

const (
	stale     verdict = iota // refresh it
	fresh                    // hand it out
	bestThere                // less than asked for, but no refresh would give more
)

// newShare is the part of a token's life during which it counts as new: a
// token as new as that is not exchanged for another that would live no longer
// when it arrived. This also bounds the number of requests where the local clock
// is wrong.
const newShare = 10

// judge decides whether a token can be handed out. received is the local time
// at which it arrived, zero where that is not known. A token that has expired
// by the local clock is never handed out. The life of a token that does not
// say when it was issued is counted from its arrival.
//
// The SDK refreshes at exp - now < threshold; a token whose whole life is
// shorter than twice the threshold is refreshed at half its life instead, or
// it would be refreshed at every use.
func judge(t Token, received, now time.Time, n need) verdict {
	life, left := t.lifetime(), t.Remaining(now)
	if life <= 0 && !received.IsZero() {
		life = t.Claims.ExpiresAt.Sub(received)
	}
	keep := n.threshold
	if life > 0 && life < 2*keep {
		keep = life / 2
	}
	if left > 0 && left >= keep && left >= n.minTTL {
		return fresh
	}
	if life <= 0 {
		return stale
	}
	if isBest(t, received, now, life, max(n.minTTL, keep), n.threshold) {
		return bestThere
	}
	if n.minTTL > life && left > 0 && left >= keep && left >= life-life/newShare {
		return bestThere
	}
	return stale
}

// isBest reports that a new token would hardly live longer than this one: it
// arrived within the threshold, or it is new and had not enough life, which is
// wanted, when it arrived.
func isBest(t Token, received, now time.Time, life, wanted, threshold time.Duration) bool {
	age := now.Sub(received)
	if received.IsZero() || age < 0 || age >= life/newShare {
		return false
	}
	return age < threshold || t.Remaining(received) < wanted
}
