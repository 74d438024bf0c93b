package sshserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Agent is an SSH agent on a Unix socket, as ssh-agent provides it.
type Agent struct {
	directory string
	listener  net.Listener
	keys      *countingAgent
	work      sync.WaitGroup

	mutex sync.Mutex
	open  map[net.Conn]struct{}
	ended bool
}

// StartAgent serves the keys until Close, in the given order. It fails where
// Unix sockets are missing.
func StartAgent(keys ...*Key) (*Agent, error) {
	ring, ok := agent.NewKeyring().(agent.ExtendedAgent)
	if !ok {
		return nil, errors.New("the agent's keyring cannot sign with RSA's newer algorithms")
	}
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key.Private(), Comment: "sandbox"}); err != nil {
			return nil, fmt.Errorf("cannot put a key into the agent: %w", err)
		}
	}
	directory, err := os.MkdirTemp("", "agent-")
	if err != nil {
		return nil, fmt.Errorf("cannot make the agent's directory: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "unix", filepath.Join(directory, "socket"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the agent's socket: %w", err), os.Remove(directory))
	}
	result := &Agent{
		directory: directory, listener: listener,
		keys: &countingAgent{ExtendedAgent: ring}, open: map[net.Conn]struct{}{},
	}
	result.work.Go(result.accept)
	return result, nil
}

// Socket returns the path for SSH_AUTH_SOCK.
func (a *Agent) Socket() string { return a.listener.Addr().String() }

// Signatures returns how often the agent has signed.
func (a *Agent) Signatures() int {
	a.keys.mutex.Lock()
	defer a.keys.mutex.Unlock()
	return a.keys.signatures
}

// Close ends the agent and its connections and removes the socket.
func (a *Agent) Close() error {
	a.mutex.Lock()
	if a.ended {
		a.mutex.Unlock()
		return nil
	}
	a.ended = true
	for conn := range a.open {
		_ = conn.Close() // its goroutine ends by it
	}
	a.mutex.Unlock()
	err := a.listener.Close()
	a.work.Wait()
	return errors.Join(err, os.RemoveAll(a.directory))
}

func (a *Agent) accept() {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			return
		}
		a.mutex.Lock()
		if a.ended {
			_ = conn.Close()
		} else {
			a.open[conn] = struct{}{}
			a.work.Go(func() { a.serve(conn) })
		}
		a.mutex.Unlock()
	}
}

func (a *Agent) serve(conn net.Conn) {
	_ = agent.ServeAgent(a.keys, conn) // ends with the client
	_ = conn.Close()
	a.mutex.Lock()
	delete(a.open, conn)
	a.mutex.Unlock()
}

// countingAgent counts signatures.
type countingAgent struct {
	agent.ExtendedAgent
	mutex      sync.Mutex
	signatures int
}

func (c *countingAgent) count() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.signatures++
}

// Sign signs with the key's default algorithm.
func (c *countingAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	c.count()
	return c.ExtendedAgent.Sign(key, data)
}

// SignWithFlags signs with the algorithm that the flags ask for.
func (c *countingAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	c.count()
	return c.ExtendedAgent.SignWithFlags(key, data, flags)
}
