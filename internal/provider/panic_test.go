package provider

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// panicVariable makes this test binary crash in the middle of a refresh.
const panicVariable = "ES_TEST_PANIC"

// A crash prints the stacks of all goroutines with their arguments: no secret
// may be among them.
func TestPanic_showsNoSecret(t *testing.T) {
	t.Parallel()
	if home := os.Getenv(panicVariable); home != "" {
		crash(t, home)
		return
	}
	p := newPlace(t, identity.Options{})
	tokens := p.login("default").RefreshToken
	block := p.server.Login(identity.DefaultUser())
	command := exec.Command(os.Args[0], "-test.run=^TestPanic_showsNoSecret$")
	command.Env = append(os.Environ(), panicVariable+"="+p.home, "ES_TEST_PANIC_TOKEN="+block.RefreshToken, "GOTRACEBACK=all")
	output, err := command.CombinedOutput()
	if err == nil || !bytes.Contains(output, []byte("panic: the clock broke")) || !bytes.Contains(output, []byte("session.(*Session).Token")) {
		t.Fatalf("it did not crash where it should (%v):\n%s", err, output)
	}
	for _, secret := range []string{tokens, block.RefreshToken, block.AccessToken} {
		if strings.Contains(string(output), secret) {
			t.Errorf("the crash shows a secret:\n%s", output)
		}
	}
}

// crash opens an object with a clock that breaks while the session decides.
func crash(t *testing.T, home string) {
	t.Helper()
	p := newPlace(t, identity.Options{})
	p.home = home
	p.now = func() time.Time { panic("the clock broke") }
	p.configured(values{"refresh_token": os.Getenv("ES_TEST_PANIC_TOKEN")}).open(accessToken, nil)
}
