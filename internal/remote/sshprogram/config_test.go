package sshprogram

import (
	"fmt"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

func TestRoute_check(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hops []Hop
		want string
	}{
		"fine":            {[]Hop{{Host: "b", User: "u@dom"}, {Host: "[::1%eth0]", User: "DOM\\u"}}, ""},
		"an option":       {[]Hop{{Host: "-oProxyCommand=x"}}, `openssh transport: host "-oProxyCommand=x" has characters that no host name has`},
		"a second line":   {[]Hop{{Host: "h\n  ProxyCommand x"}}, `openssh transport: host "h\n  ProxyCommand x" has characters that no host name has`},
		"a pattern":       {[]Hop{{Host: "*"}}, `openssh transport: host "*" has characters that no host name has`},
		"a user's option": {[]Hop{{Host: "h", User: "-l"}}, `openssh transport: user "-l" has characters that no user name has`},
		"a user's line":   {[]Hop{{Host: "h", User: "u\nx"}}, `openssh transport: user "u\nx" has characters that no user name has`},
		"a password":      {[]Hop{{Host: "h", Auth: credential.Source{Password: []byte("SECRET")}}}, "openssh transport: it takes no password, since nobody is there to type it; use a key, an agent, or the native transport"},
		"the same twice":  {[]Hop{{Host: "h"}, {Host: "h"}}, "openssh transport: two hops are called h; give one of them an alias in the SSH configuration"},
	} {
		err := Route{Hops: test.hops}.check()
		if got := fmt.Sprint(err); test.want != "" && got != test.want || test.want == "" && err != nil {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestWriteConfig compares whole files.
func TestWriteConfig(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		route Route
		made  []hopFiles
		files []string
		want  string
	}{
		"configured": {
			Route{Hops: []Hop{{Host: "node"}}, Configured: true},
			[]hopFiles{{}},
			[]string{"/home/a b/.ssh/config", "/etc/ssh/ssh_config"},
			"Host node\n  StrictHostKeyChecking yes\n  BatchMode yes\nMatch all\n  StrictHostKeyChecking yes\n  BatchMode yes\n" +
				"Include \"/home/a b/.ssh/config\"\nInclude \"/etc/ssh/ssh_config\"\n",
		},
		"directly, pinned, with a key": {
			Route{Hops: []Hop{{Host: "node", User: "gnss", Port: 2222, HostKey: hostkey.Policy{Pinned: []string{"ssh-ed25519 AAAA"}, Alias: "al"}}}},
			[]hopFiles{{agentSocket: "/t/a0", knownHosts: "/t/k0"}},
			nil,
			"Host node\n  User gnss\n  Port 2222\n  ProxyJump none\n  IdentityAgent \"/t/a0\"\n  UserKnownHostsFile \"/t/k0\"\n  GlobalKnownHostsFile /dev/null\n" +
				"  HostKeyAlias \"al\"\n  StrictHostKeyChecking yes\n  BatchMode yes\nMatch all\n  StrictHostKeyChecking yes\n  BatchMode yes\n",
		},
		"two jumps, first use": {
			Route{Hops: []Hop{{Host: "b1"}, {Host: "b2", Auth: credential.Source{NoAgent: true}}, {Host: "node", HostKey: hostkey.Policy{TrustOnFirstUse: true, Files: []string{"/kh 100%"}}}}},
			[]hopFiles{{}, {}, {knownHosts: "/t/k2"}},
			nil,
			"Host b1\n  ProxyJump none\n  StrictHostKeyChecking yes\n  BatchMode yes\nHost b2\n  ProxyJump b1\n  IdentityAgent none\n  StrictHostKeyChecking yes\n  BatchMode yes\n" +
				"Host node\n  ProxyJump b2\n  UserKnownHostsFile \"/t/k2\" \"/kh 100%%\"\n  StrictHostKeyChecking accept-new\n  BatchMode yes\n" +
				"Match all\n  StrictHostKeyChecking yes\n  BatchMode yes\n",
		},
	} {
		if got := test.route.writeConfig(test.made, test.files); got != test.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, test.want)
		}
	}
}

func TestKnownHostsText(t *testing.T) {
	t.Parallel()
	got := knownHostsText([]string{"ssh-ed25519 AAAAx comment", "@cert-authority ssh-ed25519 AAAAy", "[h]:22,i ssh-rsa AAAAz", "@cert-authority *.x ssh-rsa AAAAw", "nothing", ""})
	if want := "* ssh-ed25519 AAAAx\n@cert-authority * ssh-ed25519 AAAAy\n* ssh-rsa AAAAz\n@cert-authority * ssh-rsa AAAAw\n"; got != want {
		t.Errorf("text =\n%s\nwant\n%s", got, want)
	}
}
