package session

import "context"

// Identity is the part of a session that its token does not say: who issued it
// to which client. A token of one Identity is never served to another.
type Identity struct{ Issuer, ClientID string }

// Key names one entry of a store. Only the store that made it knows what it
// means.
type Key string

// Version is the state of an entry when it was read; "" means that there was
// none.
type Version string

// Store keeps sessions where other processes find them. Entries are replaced
// whole, and only when nobody else replaced them meanwhile (compare and swap),
// so that a store on another machine can implement it too.
type Store interface {
	// Login is the key of the profile's own login, which the SDK and the CLI
	// read and write too.
	Login(profile string) Key
	// Find returns the key of the entry that fingerprint belongs to: as the
	// current refresh token, as an ancestor, or as a spent token without a live
	// successor; "" where there is none. The sessions of all profiles count;
	// profile is the one that asks.
	Find(ctx context.Context, id Identity, profile, fingerprint string) (Key, error)
	// Claim is Find, but makes an empty entry under profile where there is
	// none. Of several processes that claim at once, all get the same key.
	// The error wraps ErrReadOnly where nothing can be written.
	Claim(ctx context.Context, id Identity, profile, fingerprint string) (Key, error)
	// Aside is Claim, but never the key of a login: for a token that cannot be
	// written where its login is kept.
	Aside(ctx context.Context, id Identity, profile, fingerprint string) (Key, error)
	// Load reads an entry. A missing one is the zero Entry with Version "".
	Load(ctx context.Context, key Key) (Entry, Version, error)
	// Swap replaces the entry read as version old. The error wraps ErrConflict
	// if it is no longer that, and then nothing was written.
	Swap(ctx context.Context, key Key, old Version, next Entry) (Version, error)
	// Lock excludes every other process from refreshing this session until
	// the lock is released or its holder dies. The error wraps ErrReadOnly
	// where nothing can be written, ErrLockTimeout where another process holds
	// it until ctx ends.
	Lock(ctx context.Context, key Key) (Lock, error)
	// Describe says where the entry is, for messages to people.
	Describe(key Key) string
}

// Lock is a held lock.
type Lock interface {
	// Release gives the lock back. It may be called more than once.
	Release()
	// Degraded says why the lock excludes nobody (a file system without
	// locks), or nil.
	Degraded() error
}
