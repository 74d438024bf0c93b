package sshserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// ErrNotLoopback means that the server was asked to listen on an address that
// other machines can reach.
var ErrNotLoopback = errors.New("not a loopback address")

// Server is one host. Its methods are safe for concurrent use.
type Server struct {
	options  Options
	address  string
	root     string
	ownRoot  bool // Close removes root
	ledger   *ledger
	plan     faultPlan
	received atomic.Int64
	sent     atomic.Int64

	life context.CancelFunc // ends everything that runs below
	done <-chan struct{}    // closed when life ends
	work sync.WaitGroup     // accept loops, connections, sessions

	mutex       sync.Mutex
	listening   *endpoint
	boot        Boot
	delay       time.Duration
	users       map[string]User
	hostKeys    []*Key
	certificate []ssh.Signer
	routes      map[string]string
	wires       map[*wire]struct{}
	processes   map[*process]struct{}
	transfers   int            // SFTP sessions that run
	groups      []int          // process groups whose command ended before its children
	idle        chan struct{}  // closed and replaced whenever a process ends
	mounts      []func() error // undo what was mounted, last first
	disk        Disk
	boundHomes  bool // the homes are a mount of themselves
	toolPath    string
	closed      bool
}

// Start runs a server until Close. It fails when the address is not loopback or
// taken, or when its directory or host keys cannot be made.
func Start(options Options) (*Server, error) {
	options = options.withDefaults()
	if err := requireLoopback(options.Address); err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; use 127.0.0.1:0", options.Address, err)
	}
	life, cancel := context.WithCancel(context.Background())
	server := &Server{
		options: options, ledger: newLedger(), life: cancel, done: life.Done(),
		boot: options.Boot, delay: options.AuthDelay,
		users: map[string]User{}, routes: map[string]string{},
		wires: map[*wire]struct{}{}, processes: map[*process]struct{}{}, idle: make(chan struct{}),
	}
	server.ClearFaults()
	for name, user := range options.Users {
		server.users[name] = user
	}
	for name, address := range options.Routes {
		server.routes[name] = address
	}
	if err := server.prepare(); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// prepare makes the directory, the host keys and the listener.
func (s *Server) prepare() error {
	s.root = s.options.Root
	if s.root == "" {
		directory, err := os.MkdirTemp("", "sshserver-")
		if err != nil {
			return fmt.Errorf("cannot make the host's directory: %w", err)
		}
		s.root, s.ownRoot = directory, true
	}
	if resolved, err := filepath.EvalSymlinks(s.root); err == nil {
		s.root = resolved // commands see the path that "pwd -P" shows
	}
	if err := s.prepareDisk(); err != nil {
		return err
	}
	keys := s.options.HostKeys
	if len(keys) == 0 {
		key, err := NewKey(Ed25519)
		if err != nil {
			return err
		}
		keys = []*Key{key}
	}
	if err := s.setHostKeys(keys); err != nil {
		return err
	}
	listening, err := reserve(s.options.Address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.options.Address, err)
	}
	s.listening, s.address = listening, listening.address
	return s.SetBoot(s.options.Boot)
}

// Address returns host:port of the server, the same for its whole life.
func (s *Server) Address() string { return s.address }

// Host returns the address without the port.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.address) // the address was made by the listener
	return host
}

// Port returns the port as text.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.address)
	return port
}

// Name returns the host's name as given in the options.
func (s *Server) Name() string { return s.options.Name }

// SetUser adds an account or changes it; new connections see the change.
func (s *Server) SetUser(name string, user User) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.users[name] = user
}

// RemoveUser deletes an account. Its home stays.
func (s *Server) RemoveUser(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.users, name)
}

// SetRoute gives the name host:port to a loopback address for direct-tcpip.
func (s *Server) SetRoute(name, address string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.routes[name] = address
}

// SetAuthDelay changes how long the server thinks before it answers a key, a
// password or a prompt.
func (s *Server) SetAuthDelay(delay time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.delay = delay
}

// Home returns the home directory of an account and makes it, mode 0700, if it
// is not there yet.
func (s *Server) Home(user string) (string, error) {
	home := s.user(user).Home
	if home == "" {
		home = filepath.Join(s.root, "home", user)
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("cannot make the home of %s: %w", user, err)
	}
	return home, nil
}

func (s *Server) user(name string) User {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.users[name]
}

// DropConnections resets every connection that is open, as a reboot does. The
// commands that run see the end of their input and go on.
func (s *Server) DropConnections() {
	s.mutex.Lock()
	open := make([]*wire, 0, len(s.wires))
	for connection := range s.wires {
		open = append(open, connection)
	}
	s.mutex.Unlock()
	for _, connection := range open {
		connection.reset()
	}
}

// Close ends the listener, all connections and all child processes, waits for
// them, and removes what the server made: mounts and, unless it was given, the
// directory. Further calls do nothing.
func (s *Server) Close() error {
	s.mutex.Lock()
	if s.closed {
		s.mutex.Unlock()
		return nil
	}
	s.closed = true
	listening, mounts := s.listening, s.mounts
	s.mutex.Unlock()

	s.life()
	var problems []error
	if listening != nil {
		problems = append(problems, listening.close())
	}
	s.DropConnections()
	s.killProcesses()
	s.work.Wait()
	for i := len(mounts) - 1; i >= 0; i-- {
		problems = append(problems, mounts[i]())
	}
	if s.ownRoot {
		problems = append(problems, os.RemoveAll(s.root))
	}
	return errors.Join(problems...)
}

// requireLoopback accepts a literal loopback address or localhost with a port.
func requireLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return ErrNotLoopback
	}
	return nil
}
