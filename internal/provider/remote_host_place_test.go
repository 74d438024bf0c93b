package provider

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// hostPlace is a place with a host that can be reached over SSH.
type hostPlace struct {
	*place

	host       *sshserver.Server
	knownHosts string
	keyFile    string
	sshProgram string
}

const hostUser = "geo"

func newHostPlace(t *testing.T, options identity.Options) *hostPlace {
	t.Helper()
	return newHostPlaceWith(t, options, nil)
}

// newHostPlaceWith is newHostPlace with changes to the host's options.
func newHostPlaceWith(t *testing.T, options identity.Options, configure func(*sshserver.Options)) *hostPlace {
	t.Helper()
	p := &hostPlace{place: newPlace(t, options)}
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	p.keyFile = filepath.Join(t.TempDir(), "id")
	if _, err := key.WriteFiles(filepath.Dir(p.keyFile), "id", ""); err != nil {
		t.Fatal(err)
	}
	machine := sshserver.Options{Users: map[string]sshserver.User{hostUser: {Keys: []ssh.PublicKey{key.PublicKey()}}}}
	if configure != nil {
		configure(&machine)
	}
	p.host, err = sshserver.Start(machine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.host.Close() })
	p.knownHosts = filepath.Join(t.TempDir(), "known_hosts")
	p.trust()
	return p
}

// trust writes the host's current keys into known_hosts.
func (p *hostPlace) trust() {
	p.t.Helper()
	if err := os.WriteFile(p.knownHosts, []byte(p.host.KnownHosts()), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// block is a provider block that reaches the host.
func (p *hostPlace) block(arguments ...string) string {
	ssh := fmt.Sprintf("ssh = {\n    user = %q\n    private_key_file = %q\n    known_hosts_file = %q\n    config_file = \"none\"\n    agent = false\n  }", hostUser, p.keyFile, p.knownHosts)
	return p.place.block(append(arguments, ssh)...)
}

func (p *hostPlace) dependencies() Dependencies {
	d := p.place.dependencies()
	d.Remote = remote.Options{Home: p.home, SSHProgram: p.sshProgram, Environ: append([]string{"PATH=" + os.Getenv("PATH")}, p.environ...)}
	return d
}

// resource is an earthscope_remote_host with further arguments.
func (p *hostPlace) resource(arguments ...string) string {
	return fmt.Sprintf("resource \"earthscope_remote_host\" \"node\" {\n  host = %q\n  port = %s\n  %s\n}\n", p.host.Host(), p.host.Port(), strings.Join(arguments, "\n  "))
}

func (p *hostPlace) port() int {
	p.t.Helper()
	port, err := strconv.Atoi(p.host.Port())
	if err != nil {
		p.t.Fatal(err)
	}
	return port
}

// mustBeAsBefore compares the account's home with what it was.
func (p *hostPlace) mustBeAsBefore(before map[string]string) {
	p.t.Helper()
	if after := p.hostFiles(); !reflect.DeepEqual(after, before) {
		p.t.Errorf("the home is not what it was:\n%q\nwant\n%q", after, before)
	}
}

// hostHome is the account's home directory.
func (p *hostPlace) hostHome() string {
	p.t.Helper()
	home, err := p.host.Home(hostUser)
	if err != nil {
		p.t.Fatal(err)
	}
	return home
}

// hostFiles returns every file and folder of the account with mode and
// content.
func (p *hostPlace) hostFiles() map[string]string {
	p.t.Helper()
	found := map[string]string{}
	home := p.hostHome()
	err := filepath.WalkDir(home, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == home {
			return err
		}
		relative, _ := filepath.Rel(home, name)
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if entry.IsDir() {
			found[relative] = "directory"
			return nil
		}
		content, err := os.ReadFile(name)
		found[relative] = fmt.Sprintf("%04o %s", info.Mode().Perm(), content)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// writeHost puts a file into the account's home.
func (p *hostPlace) writeHost(name, text string, mode fs.FileMode) {
	p.t.Helper()
	file := filepath.Join(p.hostHome(), name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		p.t.Fatal(err)
	}
}

func (p *hostPlace) readHost(name string) string {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(p.hostHome(), name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(content)
}

// checkHost is a step's check of what is on the host.
func (p *hostPlace) checkHost(check func()) func(*terraform.State) error {
	return func(*terraform.State) error {
		check()
		return nil
	}
}
