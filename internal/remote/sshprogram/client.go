package sshprogram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshconfig"
)

// Machine is this machine as the program sees it.
type Machine struct {
	Program  string // path of ssh
	Home     string
	Environ  []string
	Keys     credential.Reader
	Temp     string // directory for temporary files; empty: the system's
	Sessions int    // commands at a time on one connection
	Idle     time.Duration
}

// Client reaches one host. Close it to end its shared connection.
type Client struct {
	machine Machine
	route   Route
	dir     string
	config  string
	slots   chan struct{}
	agents  []net.Listener

	// Settings are what ssh makes of the configuration.
	Settings sshconfig.Settings

	mu        sync.Mutex
	connected bool
}

// ErrNoProgram reports that there is no ssh program.
var ErrNoProgram = &ConfigError{"this machine has no ssh program; install OpenSSH's client, or use the native transport"}

// New prepares to reach a host. Nothing is dialled yet. Errors: *ConfigError,
// *sshconfig.ConfigError, those of credential.Load for explicit keys.
func New(ctx context.Context, machine Machine, route Route) (*Client, error) {
	if machine.Program == "" {
		return nil, ErrNoProgram
	}
	if err := route.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(shortTemp(machine.Temp), "es-") // with mode 0700
	if err != nil {
		return nil, fmt.Errorf("openssh transport: %w", err)
	}
	c := &Client{machine: machine, route: route, dir: dir, config: filepath.Join(dir, "config"), slots: make(chan struct{}, machine.Sessions)}
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// maxTemp is how long the path of the directory for temporary files may be. That
// of a socket has room for 103 bytes on BSD and macOS, of which our directory and
// what ssh adds to the name take 33.
const maxTemp = 70

// shortTemp returns a directory for sockets: TMPDIR is long on some clusters.
func shortTemp(temp string) string {
	if temp == "" {
		temp = os.TempDir()
	}
	if len(temp) > maxTemp && runtime.GOOS != "windows" {
		return "/tmp"
	}
	return temp
}

func (c *Client) prepare(ctx context.Context) error {
	made := make([]hopFiles, len(c.route.Hops))
	for i, hop := range c.route.Hops {
		files, err := c.makeFiles(ctx, i, hop)
		if err != nil {
			return err
		}
		made[i] = files
	}
	text := c.route.writeConfig(made, c.userFiles())
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("openssh transport: %w", err)
	}
	var err error
	reader := sshconfig.Reader{Program: c.machine.Program, Home: c.machine.Home, Environ: c.machine.Environ}
	c.Settings, err = reader.Lookup(ctx, sshconfig.Query{Host: c.route.target().Host, ConfigFile: c.config})
	return err
}

// makeFiles makes what ssh can only take from files and sockets. None of them
// holds a secret: keys stay in this process, behind the agent's socket.
func (c *Client) makeFiles(ctx context.Context, i int, hop Hop) (hopFiles, error) {
	var made hopFiles
	name := func(kind string) string { return filepath.Join(c.dir, kind+strconv.Itoa(i)) }
	if len(hop.HostKey.Pinned) > 0 || hop.HostKey.TrustOnFirstUse {
		made.knownHosts = name("k")
		if err := os.WriteFile(made.knownHosts, []byte(knownHostsText(hop.HostKey.Pinned)), 0o600); err != nil {
			return made, fmt.Errorf("openssh transport: %w", err)
		}
	}
	explicit := credential.Source{PrivateKeys: hop.Auth.PrivateKeys, KeyFiles: hop.Auth.KeyFiles, Passphrase: hop.Auth.Passphrase, Certificate: hop.Auth.Certificate}
	if len(explicit.PrivateKeys)+len(explicit.KeyFiles) == 0 {
		return made, nil
	}
	set, err := credential.Load(explicit, c.machine.Keys)
	if err != nil {
		return made, err
	}
	made.agentSocket = name("a")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", made.agentSocket)
	if err != nil {
		return made, fmt.Errorf("openssh transport: %w", err)
	}
	c.agents = append(c.agents, listener)
	go keyAgent{set.Signers}.serve(listener)
	return made, nil
}

// userFiles are the configuration files that ssh would have read by itself.
func (c *Client) userFiles() []string {
	switch c.route.ConfigFile {
	case "none":
		return nil
	case "":
		return []string{filepath.Join(c.machine.Home, ".ssh", "config"), "/etc/ssh/ssh_config"}
	default:
		return []string{c.route.ConfigFile}
	}
}

// shares reports whether we may open a shared connection: the user has none of
// their own, and the system's ssh can.
func (c *Client) shares() bool { return c.Settings.ControlPath == "" && runtime.GOOS != "windows" }

// arguments are what every call begins with; ssh takes them before any file.
func (c *Client) arguments(more ...string) []string {
	arguments := []string{
		"-F", c.config, "-T", "-o", "LogLevel=ERROR", "-o", "ForwardAgent=no", "-o", "ForwardX11=no",
		"-o", "RemoteCommand=none", "-o", "PermitLocalCommand=no", "-o", "ClearAllForwardings=yes",
		"-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4",
		"-o", fmt.Sprintf("ConnectTimeout=%d", int(max(c.route.Timeout/time.Second, 1))),
	}
	if c.shares() {
		arguments = append(arguments, "-o", "ControlPath="+strings.ReplaceAll(filepath.Join(c.dir, "m"), "%", "%%"))
	}
	return append(arguments, more...)
}

func (c *Client) command(arguments ...string) *exec.Cmd {
	cmd := exec.Command(c.machine.Program, arguments...) //nolint:gosec,noctx // no shell in between; ended through its streams
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	if c.machine.Environ != nil {
		cmd.Env = append(append([]string{}, c.machine.Environ...), "LC_ALL=C")
	}
	return cmd
}

// Connect opens the shared connection unless it is open. Without one, Start
// connects by itself. The error is an *Error, or the context's cause.
func (c *Client) Connect(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.shares() || c.connected && c.command(c.arguments("-O", "check", "--", c.route.target().Host)...).Run() == nil {
		return nil
	}
	idle := fmt.Sprintf("ControlPersist=%d", int(max(c.machine.Idle/time.Second, 1)))
	cmd := c.command(c.arguments("-N", "-f", "-o", "ControlMaster=yes", "-o", idle, "--", c.route.target().Host)...)
	words, err := c.attempt(ctx, cmd)
	if err == nil {
		c.connected = true
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return classify(c.route.target().Host, words)
}

// attempt runs a command that only connects. What it prints goes to a file: the
// connection that stays in the background would hold a pipe open.
func (c *Client) attempt(ctx context.Context, cmd *exec.Cmd) (words string, err error) {
	log, err := os.CreateTemp(c.dir, "log")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(log.Name()); _ = log.Close() }()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	err = cmd.Wait()
	text, _ := os.ReadFile(log.Name())
	return string(bytes.TrimSpace(text)), err
}

// Start implements process.Start.
func (c *Client) Start(ctx context.Context, line string) (process.Process, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	more := []string{"--", c.route.target().Host, line}
	if c.shares() {
		more = append([]string{"-o", "ControlMaster=no"}, more...)
	}
	plain, err := process.FromCommand(c.command(c.arguments(more...)...))
	if err != nil {
		<-c.slots
		return nil, fmt.Errorf("openssh transport: %w", err)
	}
	proc := &program{Process: plain, host: c.route.target().Host, ended: make(chan struct{})}
	go func() {
		_, _ = plain.Wait()
		<-c.slots
	}()
	return proc, nil
}

// Accepted returns the host keys in the files that first use wrote, as public
// key lines.
func (c *Client) Accepted() []string {
	var lines []string
	for i := range c.route.Hops {
		text, err := os.ReadFile(filepath.Join(c.dir, "k"+strconv.Itoa(i)))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) >= 3 && !strings.HasPrefix(fields[0], "@") {
				lines = append(lines, fields[1]+" "+fields[2])
			}
		}
	}
	return lines
}

// Close ends the shared connection and removes the directory.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected {
		_ = c.command(c.arguments("-O", "exit", "--", c.route.target().Host)...).Run() // it may be gone already
	}
	for _, listener := range c.agents {
		_ = listener.Close()
	}
	return os.RemoveAll(c.dir)
}
