package sshconfig

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	r := Reader{Home: "/home/u", LocalUser: "me", Environ: []string{"KEYS=/k", "AGENT=/run/agent"}}
	got := r.parse([]byte(`host node
user gnss
hostname node1.example.org
port 2222
identitiesonly yes
hostkeyalias node
identityagent ~/agent-%r.sock
identityfile ~/.ssh/id_%h
identityfile "/keys/a b"
identityfile /keys/%C
identityfile ${KEYS}/%n-%k-%u-%p-%%
identityfile ${NOTHING}/id
revokedhostkeys ${HOME}/.ssh/revoked
certificatefile %d/cert
userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
proxyjump a@b1:2200,[::1]:22
proxycommand none
controlpath none
`))
	want := Settings{
		HostName: "node1.example.org", HostKeyAlias: "node", User: "gnss", Port: 2222, IdentitiesOnly: true,
		IdentityAgent: "/home/u/agent-gnss.sock", IdentityFiles: []string{"/home/u/.ssh/id_node1.example.org", "/keys/a b", "/k/node-node-me-2222-%"},
		RevokedHostKeys: []string{"/home/u/.ssh/revoked"}, given: "node",
		CertificateFiles: []string{"/home/u/cert"},
		KnownHostsFiles:  []string{"/home/u/.ssh/known_hosts", "/home/u/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts"},
		ProxyJump:        []string{"a@b1:2200", "[::1]:22"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("parse = %+v, want %+v", got, want)
	}
}

func TestParse_identityAgent(t *testing.T) {
	t.Parallel()
	r := Reader{Home: "/home/u", Environ: []string{"AGENT=/run/agent"}}
	for value, want := range map[string]string{
		"none": "none", "SSH_AUTH_SOCK": "", "$AGENT": "/run/agent", "${AGENT}": "/run/agent", "$NOTHING": "", "~/s": "/home/u/s", "/s": "/s",
	} {
		if got := r.parse([]byte("identityagent " + value + "\n")).IdentityAgent; got != want {
			t.Errorf("IdentityAgent %s is %q, want %q", value, got, want)
		}
	}
}

// FuzzParse reads whatever ssh may print: it must end, and every path is expanded.
func FuzzParse(f *testing.F) {
	f.Add("host h\nidentityfile ~/.ssh/%h\nproxyjump a,b:22\nport 22\n")
	f.Add("identityfile ${HOME}/${")
	f.Add("userknownhostsfile %%%\nidentityagent $\nport x")
	f.Fuzz(func(t *testing.T, output string) {
		s := Reader{Home: "/home/u"}.parse([]byte(output))
		for _, path := range append(s.IdentityFiles, s.KnownHostsFiles...) {
			if strings.HasPrefix(path, "~/") {
				t.Errorf("%q is not expanded", path)
			}
		}
		for _, text := range s.ProxyJump {
			_, _ = ParseHop(text)
		}
	})
}

func FuzzParseHop(f *testing.F) {
	for _, seed := range []string{"u@h:22", "ssh://u@[::1]:2200/", "::1", "@", "[", "h:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hop, err := ParseHop(text)
		if err == nil && (hop.Host == "" || hop.Port < 0 || hop.Port > 65535) {
			t.Errorf("ParseHop(%q) = %+v", text, hop)
		}
	})
}

func TestParseHop(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Hop{
		"h": {Host: "h"}, "u@h": {User: "u", Host: "h"}, "u@h:22": {User: "u", Host: "h", Port: 22}, "u@dom@h:2": {User: "u@dom", Host: "h", Port: 2},
		"[::1]:22": {Host: "::1", Port: 22}, "::1": {Host: "::1"}, "[::1]": {Host: "::1"}, "ssh://u@h:22/": {User: "u", Host: "h", Port: 22},
	} {
		if got, err := ParseHop(text); err != nil || got != want {
			t.Errorf("ParseHop(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "u@", "h:", "h:x", "h:0", "h:70000", "u@:22"} {
		if got, err := ParseHop(text); err == nil {
			t.Errorf("ParseHop(%q) = %+v, want an error", text, got)
		}
	}
}

func TestLookup_asOpenSSHReadsIt(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
			t.Fatal("ssh is missing although ES_TEST_REQUIRE_PARTS=1")
		}
		t.Skip("SKIPPED: ssh is not installed")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("more", "Host node*\n  ProxyJump gate\n")
	config := write("config", "Include "+dir+"/more\nMatch originalhost node1 user gnss\n  HostName 192.0.2.7\n  Port 2200\nHost *\n  User gnss\n  UserKnownHostsFile ~/kh\n")
	r := Reader{Program: program, Home: "/home/u", Environ: os.Environ()}
	got, err := r.Lookup(context.Background(), Query{Host: "node1", User: "gnss", ConfigFile: config})
	if err != nil {
		t.Fatal(err)
	}
	if got.HostName != "192.0.2.7" || got.Port != 2200 || got.User != "gnss" || !reflect.DeepEqual(got.ProxyJump, []string{"gate"}) || got.KnownHostsFiles[len(got.KnownHostsFiles)-1] == "" {
		t.Errorf("settings = %+v", got)
	}
	if got, err = r.Lookup(context.Background(), Query{Host: "node1", Port: 99, User: "x", ConfigFile: config}); err != nil || got.Port != 99 || got.User != "x" || got.HostName != "node1" {
		t.Errorf("explicit values: %+v, %v", got, err)
	}
	broken := write("broken", "Nonsense yes\n")
	var refused *ConfigError
	if _, err = r.Lookup(context.Background(), Query{Host: "node1", ConfigFile: broken}); !errors.As(err, &refused) || refused.Detail == "" {
		t.Errorf("error = %v, want *ConfigError", err)
	}
	if _, err = r.Lookup(context.Background(), Query{Host: "-oProxyCommand=touch " + dir + "/owned"}); !errors.As(err, &refused) {
		t.Errorf("error = %v, want *ConfigError", err)
	}
	if _, err = (Reader{}).Lookup(context.Background(), Query{Host: "h"}); !errors.Is(err, ErrNoProgram) {
		t.Errorf("error = %v, want ErrNoProgram", err)
	}
}
