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
	why     string
}

// NewMemoryStore returns a store that ends with the process. why completes the
// sentence "tokens are kept in memory because ..." in messages.
func NewMemoryStore(why string) Store {
	return &memoryStore{entries: map[Key]Entry{}, serials: map[Key]int{}, why: why}
}

// Login implements Store.
func (m *memoryStore) Login(profile string) Key { return Key("login/" + profile) }

// Find implements Store.
func (m *memoryStore) Find(_ context.Context, id Identity, fingerprint string) (Key, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for key, entry := range m.entries {
		if entry.Issuer == id.Issuer && entry.ClientID == id.ClientID && entry.descendsFrom(fingerprint) {
			return key, nil
		}
	}
	return "", nil
}

// Claim implements Store.
func (m *memoryStore) Claim(ctx context.Context, id Identity, _, fingerprint string) (Key, error) {
	if key, err := m.Find(ctx, id, fingerprint); key != "" || err != nil {
		return key, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
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

// Lock implements Store.
func (m *memoryStore) Lock(context.Context, Key) (Lock, error) { return memoryLock{}, nil }

// Describe implements Store.
func (m *memoryStore) Describe(Key) string { return "memory (" + m.why + ")" }

type memoryLock struct{}

// Release implements Lock.
func (memoryLock) Release() {}

// Degraded implements Lock.
func (memoryLock) Degraded() error { return nil }
