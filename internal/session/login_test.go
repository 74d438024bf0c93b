package session_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// loginRun is one device login in a world.
type loginRun struct {
	*world
	prompts  []session.DevicePrompt
	progress []string
	// decide is called after every wait, with the time since the prompt.
	decide  func(code string, waited time.Duration)
	started time.Time
}

func (w *world) loginRun(decide func(code string, waited time.Duration)) *loginRun {
	return &loginRun{world: w, decide: decide}
}

// approveAfter approves the login once it has been waited for that long.
func (w *world) approveAfter(wait time.Duration) *loginRun {
	done := false
	return w.loginRun(func(code string, waited time.Duration) {
		if waited >= wait && !done {
			done = true
			if err := w.server.ApproveDevice(code); err != nil {
				w.t.Error(err)
			}
		}
	})
}

func (l *loginRun) run(ctx context.Context, s setup, request session.LoginRequest) (session.LoginResult, error) {
	o := l.options(s)
	sleep := o.Sleep
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		err := sleep(ctx, d)
		if len(l.prompts) > 0 && l.decide != nil {
			l.decide(l.prompts[0].UserCode, l.clock.Now().Sub(l.started))
		}
		return err
	}
	request.Prompt = func(p session.DevicePrompt) {
		l.prompts, l.started = append(l.prompts, p), l.clock.Now()
	}
	request.Progress = func(line string) { l.progress = append(l.progress, line) }
	result, err := session.Login(ctx, o, request)
	for _, n := range result.Notices {
		l.clean(n.Summary + n.Detail)
	}
	l.clean(strings.Join(l.progress, "\n"))
	return result, err
}

func (l *loginRun) must(request session.LoginRequest) session.LoginResult {
	l.t.Helper()
	result, err := l.run(l.t.Context(), setup{}, request)
	if err != nil {
		l.t.Fatalf("Login: %v", err)
	}
	tokens := l.tokens("default")
	l.secret = append(l.secret, tokens.AccessToken.Reveal(), tokens.RefreshToken.Reveal())
	l.clean(l.logs.String())
	return result
}

func polls(w *world) int {
	n := 0
	for _, r := range w.server.RequestLog() {
		if strings.HasSuffix(r.GrantType, "device_code") {
			n++
		}
	}
	return n
}

func TestLogin_savesLikeTheCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	run := w.approveAfter(10 * time.Second)
	result := run.must(session.LoginRequest{})

	prompt := run.prompts[0]
	if len(run.prompts) != 1 || prompt.URL != w.server.URL()+"activate" || prompt.CompleteURL != prompt.URL+"?user_code="+prompt.UserCode ||
		!prompt.ExpiresAt.Equal(run.started.Add(15*time.Minute)) {
		t.Errorf("prompts = %+v", run.prompts)
	}
	var fields [][]string
	for _, r := range w.server.RequestLog() {
		fields = append(fields, r.Fields)
	}
	want := [][]string{
		{"client_id", "scope", "audience"},
		{"grant_type", "device_code", "client_id"},
		{"grant_type", "device_code", "client_id"},
	}
	if !slices.EqualFunc(fields, want, slices.Equal[[]string]) {
		t.Errorf("fields = %v, want the SDK's %v", fields, want)
	}
	tokens := w.tokens("default")
	data, err := os.ReadFile(w.path("default", "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile := "{\n  \"access_token\": \"" + tokens.AccessToken.Reveal() + "\",\n  \"refresh_token\": \"" + tokens.RefreshToken.Reveal() + "\"\n}"
	if string(data) != wantFile {
		t.Error("tokens.json is not byte for byte what the SDK writes")
	}
	if info, _ := os.Stat(w.path("default", "tokens.json")); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, want 0600", info.Mode().Perm())
	}
	if result.Profile != "default" || result.Subject != identity.DefaultUser().Subject || result.File != w.path("default", "tokens.json") ||
		result.Fingerprint != session.Fingerprint(tokens.RefreshToken.Reveal()) || result.Replaced != "" || result.Revoked ||
		!result.ExpiresAt.Equal(w.clock.Now().Add(time.Hour)) || len(result.Notices) != 0 {
		t.Errorf("result = %+v", result)
	}
	// What was saved is what every further run uses, without a request.
	w.server.ResetRequests()
	if got := w.token(w.open(setup{}), 0); got.AccessToken != tokens.AccessToken {
		t.Error("the saved login is not what a session hands out")
	}
	w.requests(0)
}

func TestLogin_pendingForTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.approveAfter(10 * time.Minute).must(session.LoginRequest{})
	if got := polls(w); got != 120 {
		t.Errorf("polls = %d, want one every 5 s: 120", got)
	}
}

func TestLogin_slowDownAddsFiveSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	if err := w.server.Fault(identity.Fault{
		Kind: identity.FaultStatus, Status: http.StatusTooManyRequests, GrantType: "device_code", Times: 2,
		Body: `{"error":"slow_down","error_description":"You are polling faster than the specified interval."}`,
	}); err != nil {
		t.Fatal(err)
	}
	w.approveAfter(20 * time.Second).must(session.LoginRequest{})
	want := []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second}
	if !slices.Equal(w.clock.slept, want) {
		t.Errorf("waits = %v, want %v", w.clock.slept, want)
	}
}

func TestLogin_rateLimitIsWaitedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	if err := w.server.Fault(identity.Fault{Kind: identity.FaultRateLimit, GrantType: "device_code", RetryAfter: 40 * time.Second}); err != nil {
		t.Fatal(err)
	}
	w.approveAfter(0).must(session.LoginRequest{})
	want := []time.Duration{5 * time.Second, 40 * time.Second}
	if !slices.Equal(w.clock.slept, want) {
		t.Errorf("waits = %v, want %v", w.clock.slept, want)
	}
}

// cutNetwork fails every request while the clock is in a window.
type cutNetwork struct {
	next        http.RoundTripper
	now         func() time.Time
	from, until time.Time
	err         error
}

func (c *cutNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	if now := c.now(); !c.from.IsZero() && !now.Before(c.from) && now.Before(c.until) {
		return nil, c.err
	}
	return c.next.RoundTrip(r)
}

func TestLogin_outlivesAMinuteWithoutNetwork(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"no DNS":   &net.DNSError{Err: "no such host", Name: "login.example.org", IsNotFound: true},
		"no route": &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			start := w.clock.Now()
			network := &cutNetwork{
				next: &http.Transport{}, now: w.clock.Now, err: cause,
				from: start.Add(10 * time.Second), until: start.Add(70 * time.Second),
			}
			run := w.approveAfter(time.Minute)
			if _, err := run.run(t.Context(), setup{options: session.Options{HTTPClient: &http.Client{Transport: network}}}, session.LoginRequest{}); err != nil {
				t.Fatal(err)
			}
			// At 5 s pending; 10, 20, 40 without network; 70 answered.
			want := []time.Duration{5 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}
			if !slices.Equal(w.clock.slept, want) {
				t.Errorf("waits = %v, want %v", w.clock.slept, want)
			}
			if len(run.progress) != 1 || !strings.Contains(run.progress[0], "Still waiting") {
				t.Errorf("progress = %q", run.progress)
			}
		})
	}
}

func TestLogin_ends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decide func(w *world, code string)
		fault  *identity.Fault
		kind   session.Kind
		detail string
	}{
		"denied":  {decide: func(w *world, code string) { _ = w.server.DenyDevice(code) }, kind: session.KindLoginDenied, detail: "denied in the browser"},
		"expired": {decide: func(w *world, code string) { _ = w.server.ExpireDevice(code) }, kind: session.KindLoginExpired, detail: "not confirmed in time"},
		"nobody":  {decide: func(*world, string) {}, kind: session.KindLoginExpired, detail: "not confirmed in time"},
		"lost answer": {
			decide: func(w *world, code string) { _ = w.server.ApproveDevice(code) },
			fault:  &identity.Fault{Kind: identity.FaultDrop, GrantType: "device_code", AfterProcessing: true},
			kind:   session.KindLoginFailed, detail: "lost on the way",
		},
		"opaque token": {
			decide: func(w *world, code string) { _ = w.server.ApproveDevice(code) },
			fault:  &identity.Fault{Kind: identity.FaultOpaqueToken, GrantType: "device_code"},
			kind:   session.KindNotJWT, detail: "The new session was revoked again.",
		},
		"start refused": {
			fault: &identity.Fault{Kind: identity.FaultStatus, Status: 403, Endpoint: identity.EndpointDeviceCode, Body: `{"error":"unauthorized_client"}`},
			kind:  session.KindLoginFailed, detail: "(unauthorized_client)",
		},
		"start is a page": {
			fault: &identity.Fault{Kind: identity.FaultHTML, Endpoint: identity.EndpointDeviceCode},
			kind:  session.KindBadAnswer, detail: "HTML page",
		},
		"start without code": {
			fault: &identity.Fault{Kind: identity.FaultEmpty, Endpoint: identity.EndpointDeviceCode},
			kind:  session.KindBadAnswer, detail: "without a device code",
		},
		"start down": {
			fault: &identity.Fault{Kind: identity.FaultStatus, Status: 503, Endpoint: identity.EndpointDeviceCode, Times: -1},
			kind:  session.KindUnreachable, detail: "status 503",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			former := w.login()
			w.writeLogin("default", former)
			if test.fault != nil {
				if err := w.server.Fault(*test.fault); err != nil {
					t.Fatal(err)
				}
			}
			before := w.snapshot()
			run := w.loginRun(func(code string, waited time.Duration) {
				if waited == 5*time.Second {
					test.decide(w, code)
				}
			})
			_, err := run.run(t.Context(), setup{}, session.LoginRequest{RevokePrevious: true})
			failure := w.checkError(err, test.kind)
			if !strings.Contains(failure.Detail, test.detail) || !strings.Contains(failure.Detail, "The former session is untouched.") {
				t.Errorf("detail = %q, want %q and the former session", failure.Detail, test.detail)
			}
			if got := polls(w); got > 180 {
				t.Errorf("polls = %d, more than 15 minutes allow", got)
			}
			if after := w.snapshot(); !mapsEqual(before, after) {
				t.Errorf("files changed: %v", after)
			}
			if !w.server.RefreshTokenValid(former.RefreshToken) {
				t.Error("the former session is dead")
			}
		})
	}
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if b[key] != value {
			return false
		}
	}
	return true
}

func TestLogin_cancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	former := w.login()
	w.writeLogin("default", former)
	before := w.snapshot()
	ctx, cancel := contextCancelled(t)
	run := w.loginRun(func(_ string, waited time.Duration) {
		if waited >= 15*time.Second {
			cancel()
		}
	})
	_, err := run.run(ctx, setup{}, session.LoginRequest{})
	w.checkError(err, session.KindInterrupted)
	if got := polls(w); got != 2 {
		t.Errorf("polls = %d, want none after the cancellation", got)
	}
	if !mapsEqual(before, w.snapshot()) || !w.server.RefreshTokenValid(former.RefreshToken) {
		t.Error("the former login was touched")
	}
}

func TestLogin_cancelledAfterApprovalIsSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AutoApprove: true})
	ctx, cancel := contextCancelled(t)
	if err := w.server.Fault(identity.Fault{
		Kind: identity.FaultSkewedDate, GrantType: "device_code", Reached: cancel,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.loginRun(nil).run(ctx, setup{}, session.LoginRequest{}); err != nil {
		t.Fatal(err)
	}
	if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
		t.Error("the approved login is not in tokens.json")
	}
}
