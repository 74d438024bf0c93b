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

// admit waits until the password of the account may be given to the server. The
// error says in a sentence why it may not.
func (g *passwordGuard) admit(ctx context.Context, account, address string, password []byte) (*offer, error) {
	mac := hmac.New(sha256.New, g.seed)
	mac.Write([]byte(account + "\x00"))
	mac.Write(password)
	key := string(mac.Sum(nil))
	g.mu.Lock()
	fate, found := g.known[key]
	if !found {
		fate = &passwordFate{turn: make(chan struct{}, 1)}
		g.known[key] = fate
	}
	certain, err := fate.judge(address)
	g.mu.Unlock()
	if certain {
		return &offer{guard: g, fate: fate, address: address}, err
	}
	select {
	case fate.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, errors.New("the password was not offered in time, since another login with it goes on")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if certain, err = fate.judge(address); certain {
		<-fate.turn
		return &offer{guard: g, fate: fate, address: address}, err
	}
	return &offer{guard: g, fate: fate, address: address, turn: true}, nil
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

// verdict is what a server made of a password.
type verdict int

const (
	noVerdict verdict = iota // it did not come to that
	passwordAccepted
	passwordRefused
)

// settle records what the server made of the password. A nil offer was never
// given out.
func (o *offer) settle(v verdict) {
	if o == nil {
		return
	}
	o.guard.mu.Lock()
	defer o.guard.mu.Unlock()
	switch v {
	case passwordAccepted:
		o.fate.accepted = true
	case passwordRefused:
		o.fate.refused = append(o.fate.refused, o.address)
	case noVerdict:
	}
	if o.turn {
		<-o.fate.turn
	}
}
