package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// way is one way to bring files to hosts.
type way struct {
	name  string
	reset func() error // to hosts without the files
	// create brings the files there; unchanged runs it again when nothing is to do; destroy takes them away. Nil where the
	// way has no such thing.
	create, unchanged, destroy func() (metrics, error)
}

// The ways by name.
const (
	oursNative   = "ours"
	oursOpenSSH  = "ours, openssh transport"
	provisioners = "file + remote-exec"
	ansibleWay   = "ansible"
	sshLoop      = "ssh in a loop"
	limitWay     = "limit"
)

// placement is which files are brought.
type placement int

const (
	oneFile placement = iota
	threeFiles
)

// What the files hold; the content is the same by every way but for its form.
const (
	benchToken  = "v1.a-refresh-token-of-the-usual-length-0123456789"
	tokensFile  = ".earthscope/default/tokens.json"
	configFile  = ".earthscope/config.toml"
	envFile     = "earthscope.env"
	composeFile = "compose.override.yaml"
)

// ways are all that can be compared here, ours first.
func (b *bench) ways(hosts *realHosts, what placement) ([]*way, error) {
	native, err := b.ours(hosts, oursNative, "native", what.arguments(), "")
	if err != nil {
		return nil, err
	}
	openssh, err := b.ours(hosts, oursOpenSSH, "openssh", what.arguments(), "")
	if err != nil {
		return nil, err
	}
	all := []*way{native, openssh}
	if what == oneFile {
		peer, err := b.provisioners(hosts)
		if err != nil {
			return nil, err
		}
		all = append(all, peer, b.sshLoop(hosts), limit(hosts))
	}
	if b.ansible != "" {
		peer, err := b.ansibleWay(hosts, what)
		if err != nil {
			return nil, err
		}
		all = append(all, peer)
	}
	return all, nil
}

// hostMap is a Terraform map of the hosts' ports and homes.
func (h *realHosts) hostMap() string {
	var text strings.Builder
	for number, one := range h.hosts {
		fmt.Fprintf(&text, "    host%d = { port = %d, home = %q }\n", number, one.port, one.home)
	}
	return "locals {\n  hosts = {\n" + text.String() + "  }\n}\n"
}

// arguments are the placement's in earthscope_remote_host.
func (p placement) arguments() string {
	if p == threeFiles {
		return "  config_file = {}\n  environment_files = { \"~/" + envFile + "\" = {} }\n  compose_files = { \"~/" + composeFile + "\" = { services = [\"download\"] } }\n"
	}
	return "  tokens_file = {}\n"
}

// ours is this provider with one resource a host, and with whatever further resources a comparison needs.
func (b *bench) ours(hosts *realHosts, name, transport, arguments, further string) (*way, error) {
	home, err := b.freshHome()
	if err != nil {
		return nil, err
	}
	w, err := b.workspace(home, hosts.hostMap()+fmt.Sprintf(`
provider "earthscope" {
  ssh = { user = %q, private_key_file = %q, known_hosts_file = %q, config_file = "none", agent = false }
}
resource "earthscope_remote_host" "node" {
  for_each  = local.hosts
  host      = "127.0.0.1"
  port      = each.value.port
  transport = %q
%s}
%s`, hosts.account, hosts.keyFile, hosts.knownHosts, transport, arguments, further), "ES_OAUTH2__REFRESH_TOKEN="+benchToken)
	if err != nil {
		return nil, err
	}
	apply := func() (metrics, error) { return w.run("apply", "-input=false", "-auto-approve") }
	return &way{
		name:      name,
		reset:     func() error { return errors.Join(hosts.clear(), w.forget()) },
		create:    apply,
		unchanged: func() (metrics, error) { return w.run("plan", "-input=false", "-detailed-exitcode") },
		destroy:   func() (metrics, error) { return w.run("destroy", "-input=false", "-auto-approve") },
	}, nil
}

func (b *bench) provisioners(hosts *realHosts) (*way, error) {
	home, err := b.freshHome()
	if err != nil {
		return nil, err
	}
	w, err := b.workspace(home, hosts.hostMap()+fmt.Sprintf(`
resource "terraform_data" "node" {
  for_each = local.hosts
  connection {
    host        = "127.0.0.1"
    port        = each.value.port
    user        = %q
    private_key = file(%q)
    agent       = false
  }
  provisioner "file" {
    content     = jsonencode({ refresh_token = %q })
    destination = "${each.value.home}/tokens.json.new"
  }
  provisioner "remote-exec" {
    inline = [
      "chmod 600 ${each.value.home}/tokens.json.new", "mkdir -p ${each.value.home}/.earthscope/default",
      "mv ${each.value.home}/tokens.json.new ${each.value.home}/%s",
    ]
  }
}
`, hosts.account, hosts.keyFile, benchToken, tokensFile))
	if err != nil {
		return nil, err
	}
	return &way{
		name: provisioners, reset: func() error { return errors.Join(hosts.clear(), w.forget()) },
		create: func() (metrics, error) { return w.run("apply", "-input=false", "-auto-approve") },
	}, nil
}

func (b *bench) sshLoop(hosts *realHosts) *way {
	const script = "umask 077; mkdir -p ~/.earthscope/default; cat >~/" + tokensFile
	return &way{name: sshLoop, reset: hosts.clear, create: func() (metrics, error) {
		sum := metrics{}
		for _, one := range hosts.hosts {
			ssh := program{path: b.ssh, input: `{"refresh_token":"` + benchToken + `"}`}
			got, err := ssh.run("-F", "none", "-i", hosts.keyFile, "-o", "UserKnownHostsFile="+hosts.knownHosts,
				"-o", "BatchMode=yes", "-p", strconv.Itoa(one.port), hosts.account+"@127.0.0.1", script)
			if err != nil {
				return nil, err
			}
			sum = sum.add(got)
		}
		return sum, nil
	}}
}

// limit is the least that SSH in Go can cost: a handshake and one command, to all hosts at once.
func limit(hosts *realHosts) *way {
	return &way{name: limitWay, reset: hosts.clear, create: func() (metrics, error) {
		return spent(func() error {
			failures := make([]error, len(hosts.hosts))
			var group sync.WaitGroup
			for i, one := range hosts.hosts {
				group.Go(func() { failures[i] = handshakeAndCommand(hosts, one) })
			}
			group.Wait()
			return errors.Join(failures...)
		})
	}}
}

func handshakeAndCommand(hosts *realHosts, one *realHost) error {
	client, err := ssh.Dial("tcp", "127.0.0.1:"+strconv.Itoa(one.port), &ssh.ClientConfig{
		User: hosts.account, Auth: []ssh.AuthMethod{ssh.PublicKeys(hosts.signer)},
		HostKeyCallback: ssh.FixedHostKey(one.key), HostKeyAlgorithms: []string{ssh.KeyAlgoED25519}, Timeout: time.Minute,
	})
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	session.Stdin = bytes.NewReader([]byte(benchToken))
	return session.Run("umask 077; cat >" + filepath.Join(one.home, "token"))
}

// ansibleWay is a playbook with pipelining and persistent connections, as Ansible's own guide to speed advises.
func (b *bench) ansibleWay(hosts *realHosts, what placement) (*way, error) {
	folder, err := os.MkdirTemp(b.folder, "ansible-")
	if err != nil {
		return nil, err
	}
	var inventory strings.Builder
	for number, one := range hosts.hosts {
		fmt.Fprintf(&inventory, "host%d ansible_host=127.0.0.1 ansible_port=%d ansible_user=%s ansible_ssh_private_key_file=%s ansible_python_interpreter=%s home=%s\n",
			number, one.port, hosts.account, hosts.keyFile, find("python3"), one.home)
	}
	files := map[string]string{tokensFile: `{"refresh_token":"` + benchToken + `"}`}
	if what == threeFiles {
		files = map[string]string{
			configFile: "[default.oauth2]\nrefresh_token = \"" + benchToken + "\"\n", envFile: "ES_OAUTH2__REFRESH_TOKEN=" + benchToken + "\n",
			composeFile: "services:\n  download:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN: " + benchToken + "\n",
		}
	}
	var play strings.Builder
	play.WriteString("- hosts: all\n  gather_facts: false\n  tasks:\n    - file: {path: '{{ home }}/.earthscope/default', state: directory, mode: '0700'}\n")
	for path, content := range files {
		fmt.Fprintf(&play, "    - copy: {dest: '{{ home }}/%s', mode: '0600', content: %q}\n      no_log: true\n", path, content)
	}
	if err := errors.Join(write(filepath.Join(folder, "inventory"), inventory.String()), write(filepath.Join(folder, "play.yml"), play.String())); err != nil {
		return nil, err
	}
	// A control socket's path has a limit of about a hundred characters.
	control, err := os.MkdirTemp("", "es")
	if err != nil {
		return nil, err
	}
	run := program{folder: folder, path: b.ansible, environment: []string{
		"HOME=" + folder, "PATH=" + os.Getenv("PATH"), "ANSIBLE_PIPELINING=1", "ANSIBLE_FORKS=10", "ANSIBLE_SSH_CONTROL_PATH_DIR=" + control,
		"ANSIBLE_SSH_ARGS=-F none -o ControlMaster=auto -o ControlPersist=5s -o UserKnownHostsFile=" + hosts.knownHosts, "LC_ALL=C.UTF-8",
	}}
	play1 := func() (metrics, error) { return run.run("-i", "inventory", "play.yml") }
	return &way{
		name:  ansibleWay,
		reset: func() error { return errors.Join(hosts.clear(), b.endMasters(control)) },
		// A round starts cold: the connections that persist from the round before are ended.
		create: play1, unchanged: play1,
	}, nil
}

// endMasters ends the connections that ansible keeps open.
func (b *bench) endMasters(folder string) error {
	sockets, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	for _, socket := range sockets {
		_ = exec.Command(b.ssh, "-F", "none", "-o", "ControlPath="+socket, "-O", "exit", "any").Run() //nolint:gosec,noctx // one that has ended meanwhile is fine
	}
	return nil
}
