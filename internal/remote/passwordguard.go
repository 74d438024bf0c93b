package remote

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// maxRefusals is by how many hosts a password may be refused before it is kept
// from the others, as long as none has accepted it. Where accounts are kept in
// one place for all hosts, three refusals commonly lock one (pam_faillock).
const maxRefusals = 2

// passwordGuard keeps a wrong password from locking an account: no host gets one
// twice that it has refused, and until one host has accepted it, one at a time is
// asked. Its zero value is not usable; see newPasswordGuard.
type passwordGuard struct {
	seed  []byte
	mu    sync.Mutex
	known map[string]*passwordFate
}

// passwordFate is what became of one account's password so far.
type passwordFate struct {
	turn     chan struct{} // held while it is with a server and nothing is known
	accepted bool
	refused  []string // addresses
}

// offer is a password that was given out.
type offer struct {
	guard   *passwordGuard
	fate    *passwordFate
	address string
	turn    bool
}

func newPasswordGuard(seed []byte) *passwordGuard {
	return &passwordGuard{seed: seed, known: make(map[string]*passwordFate)}
}

// admit waits until the password may be given to the server. The error says in a
// sentence why it may not.
func (g *passwordGuard) admit(ctx context.Context, to endpoint, password []byte) (*offer, error) {
	mac := hmac.New(sha256.New, g.seed)
	mac.Write([]byte(to.user + "\x00"))
	mac.Write(password)
	key := string(mac.Sum(nil))
	g.mu.Lock()
	fate, found := g.known[key]
	if !found {
		fate = &passwordFate{turn: make(chan struct{}, 1)}
		g.known[key] = fate
	}
	certain, err := fate.judge(to.address())
	g.mu.Unlock()
	if certain {
		return &offer{guard: g, fate: fate, address: to.address()}, err
	}
	select {
	case fate.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, errors.New("the password was not offered in time, since another login with it goes on")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if certain, err = fate.judge(to.address()); certain {
		<-fate.turn
		return &offer{guard: g, fate: fate, address: to.address()}, err
	}
	return &offer{guard: g, fate: fate, address: to.address(), turn: true}, nil
}

// judge reports whether what is known decides, and how.
func (f *passwordFate) judge(address string) (certain bool, err error) {
	switch {
	case slices.Contains(f.refused, address):
		return true, errors.New("the password was refused there before and is not sent again")
	case f.accepted:
		return true, nil
	case len(f.refused) >= maxRefusals:
		return true, fmt.Errorf("%s refused the password and no host has accepted it, so it is not sent to more of them: that could lock the account", strings.Join(f.refused, " and "))
	}
	return false, nil
}

// settle records what the server made of the password. err is the result of the
// login, further tells that the password was right but not enough. A nil offer
// was never given out.
func (o *offer) settle(err error, further bool) {
	if o == nil {
		return
	}
	o.guard.mu.Lock()
	defer o.guard.mu.Unlock()
	var refused *AuthError
	switch {
	case err == nil:
		o.fate.accepted = true
	case errors.As(err, &refused) && !further:
		o.fate.refused = append(o.fate.refused, o.address)
	}
	if o.turn {
		<-o.fate.turn
	}
}
