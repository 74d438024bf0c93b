package provider

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// unanswered pushes a second token over one that the host has used, and loses
// the connection for good while it is on its way.
func unanswered(t *testing.T, arguments func(token string) values) (p *hostPlace, d *driver, second string) {
	t.Helper()
	p = newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	first := p.server.Login(identity.DefaultUser()).RefreshToken
	second = p.server.Login(identity.DefaultUser()).RefreshToken
	d = p.drive(nil)
	mustSucceed(t, d.apply(arguments(first)))
	p.writeHost(tokensOnHost, usedTokenFile(p.server.Login(identity.DefaultUser()), first), 0o600)
	d.configure(nil)
	mustSucceed(t, d.refresh())
	p.host.SetFaults(sshserver.Fault{Point: sshserver.Stdin, After: 200})
	if diagnostics := d.apply(arguments(second)); !failed(diagnostics) {
		t.Fatal("the push succeeded: the test shows nothing")
	}
	if got := p.readHost(tokensOnHost); strings.Contains(got, second) {
		t.Fatal("the push arrived: the test shows nothing")
	}
	p.host.ClearFaults()
	p.host.DropConnections()
	if err := p.host.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.configure(nil)
	return p, d, second
}

func ownToken(token string) values { return values{"refresh_token_wo": token} }

// ownTokenOfVersion gives every token a version of its own.
func ownTokenOfVersion(token string) values {
	return values{"refresh_token_wo": token, "refresh_token_wo_version": int(crc32.ChecksumIEEE([]byte(token)))}
}

// A push whose connection was lost is due until it is seen to have arrived.
func TestRemoteHost_lostPushIsRepeated(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]func(string) values{"by value": ownToken, "by version": ownTokenOfVersion} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, second := unanswered(t, arguments)
			mustSucceed(t, d.refresh())
			if got := d.fileState("~/" + tokensOnHost); got != "token differs" {
				t.Errorf("state = %q, want \"token differs\"", got)
			}
			mustSucceed(t, d.apply(arguments(second)))
			if got := p.readHost(tokensOnHost); !strings.Contains(got, second) {
				t.Errorf("the new token was not pushed: %s", fileNames(got))
			}
			mustSucceed(t, d.refresh())
			if plan := d.plan(arguments(second)); d.hasChange(plan) {
				t.Errorf("it does not converge: %s", describe(plan.Diagnostics))
			}
		})
	}
}

// fileNames keeps values out of a failure's text.
func fileNames(text string) string { return fmt.Sprintf("%d bytes", len(text)) }

// Where the host has renewed its token since, nobody knows which one: it is
// kept, and the plan says how to be sure.
func TestRemoteHost_lostPushThatMayHaveArrived(t *testing.T) {
	t.Parallel()
	p, d, second := unanswered(t, ownToken)
	renewed := usedTokenFile(p.server.Login(identity.DefaultUser()), "v1.only-the-host-knows")
	p.writeHost(tokensOnHost, renewed, 0o600)
	mustSucceed(t, d.refresh())
	if got := d.fileState("~/" + tokensOnHost); got != "rotated by the host" {
		t.Errorf("state = %q", got)
	}
	plan := d.plan(ownToken(second))
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Push Not Confirmed" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	mustSay(t, plan.Diagnostics, tokensOnHost, "es login")
	mustSucceed(t, d.apply(values{"refresh_token_wo": second, "settings": values{"http.timeout_read": "7"}}))
	if got := p.readHost(tokensOnHost); got != renewed {
		t.Error("the host's token was touched")
	}
	third := p.server.Login(identity.DefaultUser()).RefreshToken
	mustSucceed(t, d.apply(values{"refresh_token_wo": third, "settings": values{"http.timeout_read": "7"}}))
	d.configure(nil)
	mustSucceed(t, d.refresh())
	if plan := d.plan(values{"refresh_token_wo": third, "settings": values{"http.timeout_read": "7"}}); len(plan.Diagnostics) > 0 || d.hasChange(plan) {
		t.Errorf("not settled: %s", describe(plan.Diagnostics))
	}
}

// A push that one file kept from coming about is due, whatever the host makes
// of its former token meanwhile.
func TestRemoteHost_failedPushIsRepeated(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	first, second := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
	arguments := func(token string) values {
		return values{"refresh_token_wo": token, "tokens_file": values{}, "environment_files": values{"~/.a/node.env": values{}}}
	}
	d := p.drive(nil)
	mustSucceed(t, d.apply(arguments(first)))
	p.writeHost(tokensOnHost, usedTokenFile(p.server.Login(identity.DefaultUser()), first), 0o600)
	mustSucceed(t, d.refresh())
	refused := arguments(second)
	refused["environment_files"].(values)["~/.a/z.env"] = values{"owner": "nobody-of-that-name"}
	mustBeOne(t, errorsOf(d.apply(refused)))
	if got := p.readHost(tokensOnHost); strings.Contains(got, second) {
		t.Fatal("the push arrived: the test shows nothing")
	}
	p.writeHost(tokensOnHost, usedTokenFile(p.server.Login(identity.DefaultUser()), "v1.of-the-former-login"), 0o600)
	d.configure(nil)
	mustSucceed(t, d.refresh())
	mustSucceed(t, d.apply(arguments(second)))
	if got := p.readHost(tokensOnHost); !strings.Contains(got, second) {
		t.Errorf("the new token was not pushed: %s", fileNames(got))
	}
}
