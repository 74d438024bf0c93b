package terraform_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// hostsLab is a lab with hosts behind a bastion. The bastion and the hosts
// take a key that has a passphrase, and the last host takes a password alone.
type hostsLab struct {
	*lab

	fleet  *sshserver.Fleet
	tokens map[string]string // refresh tokens of the hosts' own sessions
	before []map[string]string
}

// Secrets of the way to the hosts, found in no other text.
const (
	keyPassphrase = "passphrase-of-the-key-7f3a9c"
	hostPassword  = "password-of-the-account-51d0e2"
)

const hostsConfiguration = `
variable "private_key" {
  type      = string
  ephemeral = true
}
variable "passphrase" {
  type      = string
  ephemeral = true
}
variable "password" {
  type      = string
  ephemeral = true
}
variable "tokens" {
  type      = map(string)
  ephemeral = true
}
variable "bastion" {
  type = object({ host = string, port = number })
}
variable "known_hosts_file" {}
variable "hosts" { type = set(string) }
variable "verify_command" { default = "true" }
variable "adopt" { default = false }
variable "environment_files" {
  type    = map(object({}))
  default = null
}

provider "earthscope" {
  ssh = {
    user                   = "gnss"
    private_key            = var.private_key
    private_key_passphrase = var.passphrase
    password               = var.password
    sudo_password          = var.password
    known_hosts_file       = var.known_hosts_file
    config_file            = "none"
    agent                  = false
  }
}

resource "earthscope_remote_host" "node" {
  for_each         = var.hosts
  host             = "${each.key}.sandbox.test"
  proxy_jump       = [{ host = var.bastion.host, port = var.bastion.port, user = "gnss" }]
  refresh_token_wo = var.tokens[each.key]
  tokens_file      = {}
  environment_files = var.environment_files
  verify_command   = var.verify_command
  adopt            = var.adopt
}
`

// hostTokens is the tokens.json of a host, below its home.
const hostTokens = ".earthscope/default/tokens.json"

func newHostsLab(t *testing.T, hosts int, configure func(name string, options *sshserver.Options)) *hostsLab {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: the hosts of the sandbox need a POSIX shell")
	}
	l := &hostsLab{lab: newLab(t, identity.Options{Rotating: true}), tokens: map[string]string{}}
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: hosts, Configure: configure})
	if err != nil {
		t.Fatal(err)
	}
	l.fleet = fleet
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Error(err)
		}
	})
	var names []string
	for number, host := range fleet.Hosts {
		if number > 0 && number == hosts-1 {
			host.SetUser(fleet.User, sshserver.User{Password: hostPassword})
		}
		writeHost(t, l.homeOf(number), ".earthscope/config.toml", "[default.http]\ntimeout_read = 9", 0o644)
		name := fmt.Sprintf("node%d", number+1)
		names = append(names, name)
		l.tokens[name] = l.login().RefreshToken
	}
	l.before = l.homes()
	l.passVariables(names)
	return l
}

// passVariables gives terraform everything by environment.
func (l *hostsLab) passVariables(names []string) {
	l.t.Helper()
	pem, err := l.fleet.Key.PEM(keyPassphrase)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := ssh.ParsePrivateKey(pem); err == nil {
		l.t.Fatal("the key has no passphrase")
	}
	lines := strings.Split(strings.TrimSpace(string(pem)), "\n")
	l.secret = append(l.secret, keyPassphrase, hostPassword, string(pem))
	l.secret = append(l.secret, lines[3:len(lines)-2]...) // what comes before names the format and the public key
	bastion := l.fleet.Bastions[0]
	l.env = append(l.env,
		"TF_VAR_private_key="+string(pem), "TF_VAR_passphrase="+keyPassphrase, "TF_VAR_password="+hostPassword,
		"TF_VAR_known_hosts_file="+l.fleet.KnownHostsFile, "TF_VAR_hosts="+asJSON(l.t, names), "TF_VAR_tokens="+asJSON(l.t, l.tokens),
		fmt.Sprintf(`TF_VAR_bastion={"host":%q,"port":%s}`, bastion.Host(), bastion.Port()))
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (l *hostsLab) homeOf(number int) string {
	l.t.Helper()
	home, err := l.fleet.Hosts[number].Home(l.fleet.User)
	if err != nil {
		l.t.Fatal(err)
	}
	return home
}

// homes are all files of the hosts' accounts with mode and content.
func (l *hostsLab) homes() []map[string]string {
	l.t.Helper()
	var all []map[string]string
	for number := range l.fleet.Hosts {
		home, found := l.homeOf(number), map[string]string{}
		err := filepath.WalkDir(home, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || name == home {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			var content []byte
			if info.Mode().IsRegular() {
				if content, err = os.ReadFile(name); err != nil {
					return err
				}
			}
			relative, err := filepath.Rel(home, name)
			found[relative] = info.Mode().String() + " " + string(content)
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, found)
	}
	return all
}

// asBefore asserts that nothing of ours is left on the hosts.
func (l *hostsLab) asBefore() {
	l.t.Helper()
	for number, after := range l.homes() {
		for name, content := range l.before[number] {
			if after[name] != content {
				l.t.Errorf("on node%d %s is %q, want %q", number+1, name, after[name], content)
			}
		}
		for name := range after {
			if _, ok := l.before[number][name]; !ok {
				l.t.Errorf("left on node%d: %s", number+1, name)
			}
		}
	}
}

// bootstrapped asserts that a host holds its session, for its owner alone.
func (l *hostsLab) bootstrapped(number int) {
	l.t.Helper()
	found := l.homes()[number]
	want := fmt.Sprintf("-rw------- {\n  \"refresh_token\": %q\n}", l.tokens[fmt.Sprintf("node%d", number+1)])
	if found[hostTokens] != want {
		l.t.Errorf("tokens.json on node%d does not hold its session, or is open to others", number+1)
	}
	config := found[".earthscope/config.toml"]
	if !strings.Contains(config, l.server.URL()) || !strings.Contains(config, "timeout_read = 9") {
		l.t.Errorf("config.toml on node%d = %q", number+1, config)
	}
	for name := range found {
		if strings.Contains(name, ".es.") {
			l.t.Errorf("a temporary file on node%d: %s", number+1, name)
		}
	}
}

func writeHost(t *testing.T, home, name, text string, mode os.FileMode) {
	t.Helper()
	file := filepath.Join(home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// exchange spends a refresh token at the identity server.
func (l *hostsLab) exchange(refreshToken string) identity.TokenSet {
	l.t.Helper()
	response, err := http.PostForm(l.server.URL()+"oauth/token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {identity.DefaultClientID}, "refresh_token": {refreshToken},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		l.t.Fatalf("refresh: %s, %v", response.Status, err)
	}
	return identity.TokenSet{AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken}
}
