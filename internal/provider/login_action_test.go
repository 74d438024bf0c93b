package provider

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// invocation is what Terraform sees of an action: messages as they come, then
// the end.
type invocation struct {
	progress    []string
	diagnostics []*tfprotov6.Diagnostic
}

func (w *wire) actions() tfprotov6.ActionServer {
	w.t.Helper()
	server, ok := w.server.(tfprotov6.ActionServer)
	if !ok {
		w.t.Fatal("the provider serves no actions")
	}
	return server
}

// invoke plans and runs an action; without arguments, as Terraform does for an
// action without a config block: with no object at all. live is called for each
// message when it arrives.
func (w *wire) invoke(ctx context.Context, name string, arguments values, live func(string)) invocation {
	w.t.Helper()
	schema := w.schema.ActionSchemas[name].Schema
	server, config := w.actions(), w.encode(schema, arguments)
	if arguments == nil {
		nothing, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
		if err != nil {
			w.t.Fatal(err)
		}
		config = &nothing
	}
	validated, err := server.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: config})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return invocation{diagnostics: validated.Diagnostics}
	}
	plan, err := server.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: name, Config: config})
	if err != nil || len(plan.Diagnostics) > 0 {
		w.t.Fatalf("PlanAction: %v, %s", err, describe(plan.Diagnostics))
	}
	stream, err := server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: name, Config: config})
	if err != nil {
		w.t.Fatal(err)
	}
	var result invocation
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			result.progress = append(result.progress, e.Message)
			if live != nil {
				live(e.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			result.diagnostics = e.Diagnostics
		}
	}
	return result
}

// waits counts the waits of a place, which take no time.
type waits struct {
	mutex  sync.Mutex
	spans  []time.Duration
	before func() // called at each wait
}

func (n *waits) sleep(ctx context.Context, d time.Duration) error {
	n.mutex.Lock()
	n.spans = append(n.spans, d)
	n.mutex.Unlock()
	if n.before != nil {
		n.before()
	}
	return ctx.Err()
}

// actionWire is a provider whose waits take no time: the server's clock moves
// instead.
func (p *place) actionWire(n *waits, arguments values) *wire {
	p.t.Helper()
	p.sleep = func(ctx context.Context, d time.Duration) error {
		p.server.Advance(d)
		return n.sleep(ctx, d)
	}
	return p.configured(arguments)
}

func TestLoginAction_showsTheCodeAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	shown := make(chan struct{})
	n := &waits{before: func() {
		select {
		case <-shown: // by nothing but the message, which thus came before the end of the first wait
		case <-t.Context().Done():
		}
		for _, code := range p.server.PendingDevices() {
			if err := p.server.ApproveDevice(code); err != nil {
				t.Error(err)
			}
		}
	}}
	w := p.actionWire(n, nil)
	got := w.invoke(t.Context(), "earthscope_login", nil, func(message string) {
		if pending := p.server.PendingDevices(); len(pending) == 1 {
			if !strings.Contains(message, p.server.URL()+"activate?user_code="+pending[0]) || !strings.Contains(message, "code "+pending[0]) {
				t.Errorf("message %q lacks the page or the code %s", message, pending[0])
			}
			close(shown)
		}
	})
	mustBeClean(t, "InvokeAction", got.diagnostics)
	tokens := p.files()[filepath.Join(".earthscope", "default", "tokens.json")]
	if len(got.progress) != 2 || !strings.Contains(got.progress[1], "Logged in as "+identity.DefaultUser().Subject) ||
		!strings.HasPrefix(tokens, "{\n  \"access_token\": \"ey") || !slices.Equal(n.spans, []time.Duration{5 * time.Second}) {
		t.Errorf("progress %q, waits %v", got.progress, n.spans)
	}
	for _, message := range got.progress {
		if strings.Contains(message, "eyJ") {
			t.Errorf("a token in %q", message)
		}
	}
	// The same provider finds the login that it has just made.
	identityOf, diagnostics := w.read("earthscope_identity", nil)
	mustBeClean(t, "ReadDataSource", diagnostics)
	if got := text(t, identityOf, "subject"); got != identity.DefaultUser().Subject {
		t.Errorf("subject = %q", got)
	}
}

func TestLoginAction_ofAnotherProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.write(".earthscope/config.toml", "[profile.Field]\n")
	w := p.actionWire(&waits{}, nil)
	mustBeClean(t, "InvokeAction", w.invoke(t.Context(), "earthscope_login", values{"profile": "Field"}, nil).diagnostics)
	if p.files()[filepath.Join(".earthscope", "field", "tokens.json")] == "" {
		t.Errorf("files: %v", p.files())
	}
	got := w.invoke(t.Context(), "earthscope_login", values{"profile": "nowhere"}, nil)
	if d := mustBeOne(t, got.diagnostics); attributeOf(d) != "profile" {
		t.Errorf("%s", describe(got.diagnostics))
	}
	if d := mustBeOne(t, w.invoke(t.Context(), "earthscope_login", values{"profile": ""}, nil).diagnostics); attributeOf(d) != "profile" {
		t.Errorf("empty profile: %v", d)
	}
}

func TestLoginAction_cancelled(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	former := p.login("default")
	before := p.files()[filepath.Join(".earthscope", "default", "tokens.json")]
	ctx, cancel := context.WithCancel(t.Context())
	w := p.actionWire(&waits{before: cancel}, nil)
	d := mustBeOne(t, w.invoke(ctx, "earthscope_login", nil, nil).diagnostics)
	if d.Summary != "Login Interrupted" || d.Severity != tfprotov6.DiagnosticSeverityError {
		t.Errorf("%v", d)
	}
	if p.files()[filepath.Join(".earthscope", "default", "tokens.json")] != before || !p.server.RefreshTokenValid(former.RefreshToken) {
		t.Error("the former login was touched")
	}
}

// Once StopProvider has answered, terraform-plugin-go drops what an action still
// says, and Terraform takes that for success.
func TestLoginAction_stoppedSaysHowItEnded(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	var w *wire
	stopped := make(chan struct{})
	p.sleep = func(ctx context.Context, _ time.Duration) error {
		go func() {
			if _, err := w.server.StopProvider(context.WithoutCancel(ctx), &tfprotov6.StopProviderRequest{}); err != nil {
				t.Error(err)
			}
			close(stopped)
		}()
		<-ctx.Done()
		return ctx.Err()
	}
	w = p.configured(nil)
	stream, err := w.actions().InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{
		ActionType: "earthscope_login", Config: w.encode(w.schema.ActionSchemas["earthscope_login"].Schema, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	for event := range stream.Events {
		completed, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType)
		if !ok {
			continue
		}
		ended = true
		if d := mustBeOne(t, completed.Diagnostics); d.Summary != "Login Interrupted" {
			t.Errorf("%v", d)
		}
		select {
		case <-stopped:
			t.Error("StopProvider answered before the action had said how it ended")
		default:
		}
	}
	<-stopped
	if !ended {
		t.Error("the action never said how it ended")
	}
	// With nothing running it answers at once.
	if _, err := w.server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Error(err)
	}
}

// Terraform asks for the parts of the protocol by type: a wrapper must not hide
// one.
func TestNewServer_hidesNothing(t *testing.T) {
	t.Parallel()
	bare, wrapped := providerserver.NewProtocol6(New("1.2.3", Dependencies{})())(), NewServer("1.2.3", Dependencies{})()
	if _, ok := wrapped.(*lastWord); !ok {
		t.Fatalf("the framework's %T lacks a part of the protocol that the wrapper expects", bare)
	}
	for i := range reflect.TypeOf(bare).NumMethod() {
		method := reflect.TypeOf(bare).Method(i).Name
		if _, ok := reflect.TypeOf(wrapped).MethodByName(method); !ok {
			t.Errorf("%s is hidden", method)
		}
	}
}

func TestLoginAction_revokePrevious(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	former := p.login("default")
	w := p.actionWire(&waits{}, nil)
	got := w.invoke(t.Context(), "earthscope_login", values{"revoke_previous": true}, nil)
	mustBeClean(t, "InvokeAction", got.diagnostics)
	want := "The former session (refresh token with fingerprint " + session.Fingerprint(former.RefreshToken) + ") is revoked."
	if !strings.Contains(got.progress[len(got.progress)-1], want) || p.server.RefreshTokenValid(former.RefreshToken) {
		t.Errorf("progress %q", got.progress)
	}
}

func TestLoginAction_revokeFails(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	former := p.login("default")
	if err := p.server.Fault(identity.Fault{
		Kind: identity.FaultStatus, Status: 401, Endpoint: identity.EndpointRevoke, Body: `{"error":"invalid_client"}`,
	}); err != nil {
		t.Fatal(err)
	}
	w := p.actionWire(&waits{}, nil)
	got := w.invoke(t.Context(), "earthscope_login", values{"revoke_previous": true}, nil)
	d := mustBeOne(t, got.diagnostics)
	if d.Summary != "Former Session Still Alive" || !strings.Contains(d.Detail, session.Fingerprint(former.RefreshToken)) ||
		!strings.Contains(got.progress[len(got.progress)-1], "lives on at the identity server") {
		t.Errorf("%s\n%q", describe(got.diagnostics), got.progress)
	}
	got = w.invoke(t.Context(), "earthscope_revoke_refresh_token", nil, nil)
	if !strings.Contains(strings.Join(got.progress, "\n"), session.Fingerprint(former.RefreshToken)) || p.server.ActiveRefreshTokens(identity.DefaultUser()) != 0 {
		t.Errorf("%q\n%s", got.progress, describe(got.diagnostics))
	}
}

func TestLoginAction_unknownArgument(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	for _, name := range []string{"earthscope_login", "earthscope_revoke_refresh_token"} {
		w := p.actionWire(&waits{}, values{"config_dir": unknown})
		if d := mustBeOne(t, w.invoke(t.Context(), name, nil, nil).diagnostics); !strings.Contains(d.Detail, "config_dir") {
			t.Errorf("%s: %v", name, d)
		}
	}
	if n := len(p.server.RequestLog()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestLoginAction_withoutPersistence(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	w := p.actionWire(&waits{}, values{"persist_tokens": false})
	if d := mustBeOne(t, w.invoke(t.Context(), "earthscope_login", nil, nil).diagnostics); d.Summary != "Login Cannot Be Saved" {
		t.Errorf("%v", d)
	}
}

func TestRevokeRefreshTokenAction(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login("default")
	w := p.actionWire(&waits{}, nil)
	got := w.invoke(t.Context(), "earthscope_revoke_refresh_token", nil, nil)
	d := mustBeOne(t, got.diagnostics)
	if d.Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(d.Detail, "ends too, on every machine") {
		t.Errorf("%v", d)
	}
	if len(got.progress) != 1 || !strings.Contains(got.progress[0], session.Fingerprint(set.RefreshToken)) || p.server.RefreshTokenValid(set.RefreshToken) {
		t.Errorf("progress %q", got.progress)
	}
	for file, content := range p.files() {
		if strings.Contains(content, set.RefreshToken) {
			t.Errorf("%s holds the token", file)
		}
	}
	if d := mustBeOne(t, w.invoke(t.Context(), "earthscope_revoke_refresh_token", nil, nil).diagnostics); d.Summary != "No EarthScope Credentials" {
		t.Errorf("again: %v", d)
	}
}

func TestRevokeRefreshTokenAction_unconfirmed(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login("default")
	if err := p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointRevoke, Times: -1}); err != nil {
		t.Fatal(err)
	}
	w := p.actionWire(&waits{}, nil)
	got := w.invoke(t.Context(), "earthscope_revoke_refresh_token", nil, nil)
	d := mustBeOne(t, got.diagnostics)
	if d.Summary != "Session Not Revoked" || !strings.Contains(d.Detail, session.Fingerprint(set.RefreshToken)) || len(got.progress) != 0 {
		t.Errorf("%v, %q", d, got.progress)
	}
	if !strings.Contains(p.files()[filepath.Join(".earthscope", "default", "tokens.json")], set.RefreshToken) {
		t.Error("the local copy is gone")
	}
}
