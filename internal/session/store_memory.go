package session

import (
	"context"
	"fmt"
	"strconv"
	"sync"
)

// memoryStore keeps sessions in this process only: for persist_tokens = false
// and for machines without a home that can be written.
type memoryStore struct {
	mutex   sync.Mutex
	entries map[Key]Entry
	serials map[Key]int
	locks   map[Key]chan struct{}
	why     string
}

// NewMemoryStore returns a store that ends with the process. why completes the
// sentence "tokens are kept in memory because ..." in messages.
func NewMemoryStore(why string) Store {
	return &memoryStore{entries: map[Key]Entry{}, serials: map[Key]int{}, locks: map[Key]chan struct{}{}, why: why}
}

// Login implements Store.
func (m *memoryStore) Login(profile string) Key { return Key("login/" + profile) }

// Find implements Store.
func (m *memoryStore) Find(_ context.Context, id Identity, _, fingerprint string) (Key, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.find(id, fingerprint), nil
}

// find is Find for a caller that holds the mutex.
func (m *memoryStore) find(id Identity, fingerprint string) Key {
	for key, entry := range m.entries {
		if entry.Issuer == id.Issuer && entry.ClientID == id.ClientID && entry.descendsFrom(fingerprint) {
			return key
		}
	}
	return ""
}

// Claim implements Store.
func (m *memoryStore) Claim(_ context.Context, id Identity, _, fingerprint string) (Key, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if key := m.find(id, fingerprint); key != "" {
		return key, nil
	}
	key := Key(fmt.Sprintf("session/%s/%s/%s", id.Issuer, id.ClientID, fingerprint))
	m.entries[key] = Entry{Issuer: id.Issuer, ClientID: id.ClientID, Lineage: []string{fingerprint}}
	m.serials[key] = 1
	return key, nil
}

// Aside implements Store.
func (m *memoryStore) Aside(ctx context.Context, id Identity, profile, fingerprint string) (Key, error) {
	return m.Claim(ctx, id, profile, fingerprint)
}

func (m *memoryStore) version(key Key) Version {
	if m.serials[key] == 0 {
		return ""
	}
	return Version(strconv.Itoa(m.serials[key]))
}

// Load implements Store.
func (m *memoryStore) Load(_ context.Context, key Key) (Entry, Version, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	entry := m.entries[key]
	return entry.clone(), m.version(key), nil
}

// Swap implements Store.
func (m *memoryStore) Swap(_ context.Context, key Key, old Version, next Entry) (Version, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.version(key) != old {
		return "", ErrConflict
	}
	m.entries[key] = next.clone()
	m.serials[key]++
	return m.version(key), nil
}

// Lock implements Store: several profiles of one process may share a session.
func (m *memoryStore) Lock(ctx context.Context, key Key) (Lock, error) {
	m.mutex.Lock()
	lock, made := m.locks[key]
	if !made {
		lock = make(chan struct{}, 1)
		m.locks[key] = lock
	}
	m.mutex.Unlock()
	select {
	case lock <- struct{}{}:
		return &memoryLock{lock: lock}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %s", ErrLockTimeout, m.Describe(key))
	}
}

// Describe implements Store.
func (m *memoryStore) Describe(Key) string { return "memory (" + m.why + ")" }

type memoryLock struct {
	lock chan struct{}
	once sync.Once
}

// Release implements Lock.
func (l *memoryLock) Release() { l.once.Do(func() { <-l.lock }) }

// Degraded implements Lock.
func (l *memoryLock) Degraded() error { return nil }
