package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// realHosts are OpenSSH servers on loopback, each with a home of its own and a delaying proxy in front.
type realHosts struct {
	folder     string
	account    string
	signer     ssh.Signer
	keyFile    string
	knownHosts string
	hosts      []*realHost
}

type realHost struct {
	port   int // of the proxy
	home   string
	log    string
	key    ssh.PublicKey
	daemon *exec.Cmd
	proxy  *delayproxy.Proxy
}

// startHosts starts count servers that are reached with an added round trip. Close ends them.
func (b *bench) startHosts(count int, roundTrip time.Duration) (hosts *realHosts, err error) {
	folder, err := os.MkdirTemp(b.folder, "sshd-")
	if err != nil {
		return nil, err
	}
	account, err := user.Current()
	if err != nil {
		return nil, err
	}
	h := &realHosts{folder: folder, account: account.Username, knownHosts: filepath.Join(folder, "known_hosts")}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		return nil, err
	}
	h.signer = key.Signer()
	if h.keyFile, err = key.WriteFiles(folder, "id", ""); err != nil {
		return nil, err
	}
	authorized := filepath.Join(folder, "authorized_keys")
	if err := write(authorized, key.AuthorizedKey()); err != nil {
		return nil, err
	}
	var known strings.Builder
	for number := range count {
		one, err := b.startHost(filepath.Join(folder, strconv.Itoa(number)), authorized, roundTrip)
		if err != nil {
			return nil, err
		}
		h.hosts = append(h.hosts, one)
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", one.port, ssh.MarshalAuthorizedKey(one.key))
	}
	return h, write(h.knownHosts, known.String())
}

func (b *bench) startHost(folder, authorized string, roundTrip time.Duration) (*realHost, error) {
	one := &realHost{home: filepath.Join(folder, "home"), log: filepath.Join(folder, "log")}
	if err := os.MkdirAll(one.home, 0o700); err != nil {
		return nil, err
	}
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		return nil, err
	}
	one.key = key.PublicKey()
	keyFile, err := key.WriteFiles(folder, "host", "")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// Each server takes the same account to a home of its own.
	configuration := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nUsePAM no\nUseDNS no\nStrictModes no\n"+
		"PermitRootLogin prohibit-password\nPasswordAuthentication no\nLogLevel VERBOSE\nSubsystem sftp internal-sftp\nSetEnv HOME=%s\n",
		port, keyFile, authorized, one.home)
	file := filepath.Join(folder, "sshd_config")
	if err := write(file, configuration); err != nil {
		return nil, err
	}
	one.daemon = exec.Command(b.sshd, "-D", "-f", file, "-E", one.log) //nolint:gosec,noctx // ended by close
	if err := one.daemon.Start(); err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := waitForPort(address); err != nil {
		return one, err
	}
	if one.proxy, err = delayproxy.Start(address, delayproxy.Options{RTT: roundTrip}); err != nil {
		return nil, err
	}
	_, text, err := net.SplitHostPort(one.proxy.Address())
	if err != nil {
		return nil, err
	}
	one.port, err = strconv.Atoi(text)
	return one, err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends at once
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("not a TCP address")
	}
	return address.Port, nil
}

func waitForPort(address string) error {
	var err error
	for range 200 {
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp", address, time.Second); err == nil { //nolint:noctx // bounded
			return conn.Close()
		}
		time.Sleep(25 * time.Millisecond) // a server that starts up tells nobody
	}
	return err
}

func (h *realHosts) close() {
	for _, one := range h.hosts {
		if one.proxy != nil {
			_ = one.proxy.Close()
		}
		_ = one.daemon.Process.Kill()
		_ = one.daemon.Wait()
	}
}

// clear empties the homes.
func (h *realHosts) clear() error {
	for _, one := range h.hosts {
		if err := os.RemoveAll(one.home); err != nil {
			return err
		}
		if err := os.MkdirAll(one.home, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// Metrics of what passed between the machines.
const (
	connections = "connections"
	logins      = "logins"
	roundTrips  = "round trips"
)

var acceptedLogin = regexp.MustCompile(`(?m)^Accepted \w+ for `)

// counts are what the proxies and the servers' logs have counted so far.
func (h *realHosts) counts() metrics {
	sum := metrics{}
	for _, one := range h.hosts {
		passed := one.proxy.Counters()
		sum[connections] += float64(passed.Connections)
		sum[roundTrips] += float64(passed.RoundTrips)
		if data, err := os.ReadFile(one.log); err == nil {
			sum[logins] += float64(len(acceptedLogin.FindAll(data, -1)))
		}
	}
	return sum
}

// counted adds to a run what passed meanwhile, for one host on average.
func (h *realHosts) counted(run func() (metrics, error)) (metrics, error) {
	before := h.counts()
	got, err := run()
	if err != nil {
		return nil, err
	}
	for name, value := range h.counts() {
		got[name] = (value - before[name]) / float64(len(h.hosts))
	}
	return got, nil
}
