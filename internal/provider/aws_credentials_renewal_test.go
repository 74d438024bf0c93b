package provider

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// newClockedPlace is an API place whose clock stands still until advance.
func newClockedPlace(t *testing.T, options identity.Options) (p *place, advance func(time.Duration)) {
	t.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	options.Now = clock
	p = newAPIPlace(t, options)
	p.now = clock
	return p, func(d time.Duration) { now = now.Add(d) }
}

var scoped = values{"role": api.RoleMiniSEED, "network": "FDSN:IU"}

// wantRenewal compares the time until the next renewal.
func wantRenewal(t *testing.T, p *place, at time.Time, want time.Duration) {
	t.Helper()
	if want == 0 && at.IsZero() {
		return
	}
	if got := at.Sub(p.now()); got != want {
		t.Errorf("next renewal in %v, want %v", got, want)
	}
}

func TestAWSCredentialsRenewal_keepsTheCacheFull(t *testing.T) {
	t.Parallel()
	p, advance := newClockedPlace(t, identity.Options{})
	w := p.configured(nil)
	first, opened := w.open("earthscope_aws_credentials", scoped)
	mustBeClean(t, "open", opened.Diagnostics)
	wantRenewal(t, p, opened.RenewAt, time.Hour-5*time.Minute-30*time.Second)

	advance(opened.RenewAt.Sub(p.now()))
	renewed := w.renewCredentials(opened.Private)
	d := mustBeOne(t, renewed.Diagnostics)
	if d.Severity != tfprotov6.DiagnosticSeverityWarning || d.Summary != "AWS Credentials Expire During the Run" || !strings.Contains(d.Detail, "2026-05-01T13:00:00Z") {
		t.Error(describe(renewed.Diagnostics))
	}
	wantRenewal(t, p, renewed.RenewAt, time.Hour-5*time.Minute-30*time.Second)

	// A block that is opened now starts with a whole life.
	second, late := w.open("earthscope_aws_credentials", scoped)
	mustBeClean(t, "open", late.Diagnostics)
	if text(t, second, "expiration") != "2026-05-01T13:54:30Z" || text(t, second, "session_token") == text(t, first, "session_token") {
		t.Errorf("opened late: expires at %s", text(t, second, "expiration"))
	}
	if got := p.server.Requests().ByEndpoint[identity.EndpointAWSCredentials]; got != 2 {
		t.Errorf("%d requests, want 2", got)
	}

	// The next time there is nothing left to warn about.
	advance(renewed.RenewAt.Sub(p.now()))
	mustBeClean(t, "second renewal", w.renewCredentials(opened.Private).Diagnostics)
}

func TestAWSCredentialsRenewal_failures(t *testing.T) {
	t.Parallel()
	p, advance := newClockedPlace(t, identity.Options{})
	w := p.configured(values{"max_retries": 0})
	_, opened := w.open("earthscope_aws_credentials", scoped)
	mustBeClean(t, "open", opened.Diagnostics)
	if err := p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointAWSCredentials, Times: -1}); err != nil {
		t.Fatal(err)
	}
	advance(opened.RenewAt.Sub(p.now()))
	for i, wait := range []time.Duration{165 * time.Second, 82500 * time.Millisecond, 41250 * time.Millisecond, 30 * time.Second} {
		renewed := w.renewCredentials(opened.Private)
		for _, d := range renewed.Diagnostics {
			if d.Severity != tfprotov6.DiagnosticSeverityWarning {
				t.Errorf("renewal %d: %s", i, describe(renewed.Diagnostics))
			}
		}
		last := renewed.Diagnostics[len(renewed.Diagnostics)-1]
		if last.Summary != "API Unavailable" || !strings.Contains(last.Detail, "are used until they expire at 2026-05-01T13:00:00Z") {
			t.Errorf("renewal %d: %s", i, describe(renewed.Diagnostics))
		}
		wantRenewal(t, p, renewed.RenewAt, wait)
		advance(wait)
	}
	// Dead now: the failure is an error, and nothing more is scheduled.
	advance(time.Minute)
	renewed := w.renewCredentials(opened.Private)
	if d := mustBeOne(t, renewed.Diagnostics); d.Severity != tfprotov6.DiagnosticSeverityError {
		t.Error(describe(renewed.Diagnostics))
	}
	wantRenewal(t, p, renewed.RenewAt, 0)
}

// Credentials that hardly live at all do not make Terraform renew in a loop.
func TestAWSCredentialsRenewal_isNeverSooner(t *testing.T) {
	t.Parallel()
	p, _ := newClockedPlace(t, identity.Options{AWSCredentialsLifetime: 5 * time.Second})
	_, opened := p.configured(nil).open("earthscope_aws_credentials", scoped)
	mustBeClean(t, "open", opened.Diagnostics)
	wantRenewal(t, p, opened.RenewAt, 30*time.Second)
}

func TestAWSCredentialsRenewal_privateDataHoldsNoSecret(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	w := p.configured(nil)
	result, opened := w.open("earthscope_aws_credentials", scoped)
	mustBeClean(t, "open", opened.Diagnostics)
	for _, name := range []string{"access_key_id", "secret_access_key", "session_token"} {
		if strings.Contains(string(opened.Private), text(t, result, name)) {
			t.Errorf("private data holds %s", name)
		}
	}
	for _, private := range [][]byte{nil, []byte(`{}`), []byte(`{"credentials":"bm9uc2Vuc2U="}`)} {
		if renewed := w.renewCredentials(private); len(renewed.Diagnostics) > 0 && !renewed.RenewAt.IsZero() {
			t.Errorf("renewal of nothing: %s", describe(renewed.Diagnostics))
		}
	}
}
