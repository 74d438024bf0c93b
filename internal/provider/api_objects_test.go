package provider

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// newAPIPlace is a place whose server is the API too, with a login.
func newAPIPlace(t *testing.T, options identity.Options) *place {
	t.Helper()
	p := newPlace(t, options)
	p.set("ES_RESOURCES__API_URL=" + p.server.URL())
	p.set(`ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`)
	p.set("ES_HTTP__RETRY__WAIT_INITIAL=0")
	p.set("ES_HTTP__RETRY__WAIT_JITTER=0")
	p.login("default")
	return p
}

// number and parameters are arguments as they travel.
func parameters(given map[string]any) map[string]tftypes.Value {
	all := map[string]tftypes.Value{}
	for name, value := range given {
		all[name] = tftypes.NewValue(tftypes.String, value)
	}
	return all
}

func (w *wire) validateDataSource(name string, arguments values) []*tfprotov6.Diagnostic {
	w.t.Helper()
	response, err := w.server.ValidateDataResourceConfig(w.t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
		TypeName: name, Config: w.encode(w.schema.DataSourceSchemas[name], arguments),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.Diagnostics
}

func (w *wire) renewCredentials(private []byte) *tfprotov6.RenewEphemeralResourceResponse {
	w.t.Helper()
	response, err := w.server.RenewEphemeralResource(w.t.Context(), &tfprotov6.RenewEphemeralResourceRequest{
		TypeName: "earthscope_aws_credentials", Private: private,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

func TestUserProfile_fields(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	result, diagnostics := p.configured(nil).read("earthscope_user_profile", nil)
	mustBeClean(t, "read", diagnostics)
	user := identity.DefaultUser()
	for name, want := range map[string]string{
		"first_name": user.FirstName, "last_name": user.LastName, "country_code": user.CountryCode, "region_code": user.RegionCode,
		"institution": user.Institution, "work_sector": user.WorkSector, "user_id": user.Subject, "primary_email": user.PrimaryEmail,
		"created_at": "2024-03-01T12:00:00Z", "updated_at": "2024-09-01T12:00:00Z",
	} {
		if got := text(t, result, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestUserProfile_otherAnswers(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	w := p.configured(nil)
	p.server.SetProfile(identity.DefaultUser().Subject, json.RawMessage(`{"first_name":"Ada"}`))
	_, diagnostics := w.read("earthscope_user_profile", nil)
	if d := mustBeOne(t, diagnostics); d.Summary != "Unusable API Answer" || !strings.Contains(d.Detail, "the field last_name is missing") {
		t.Error(describe(diagnostics))
	}
	p.server.SetProfile(identity.DefaultUser().Subject, json.RawMessage(`{"first_name":"A","last_name":"B","country_code":"AQ","region_code":null,
		"institution":"I","work_sector":"W","user_id":"U","primary_email":"E","created_at":"C","updated_at":"D","orcid":"0"}`))
	result, diagnostics := w.read("earthscope_user_profile", nil)
	mustBeClean(t, "read", diagnostics)
	if !result["region_code"].IsNull() || text(t, result, "country_code") != "AQ" {
		t.Error("a null region or an unknown field is not handled")
	}
}

func TestAPIObjects_failures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare   func(p *place)
		block     values
		summary   string
		attribute string
		want      []string
		requests  int
	}{
		"403": {
			prepare: func(p *place) { p.server.DenyRole(identity.DefaultUser().Subject, "s3-other") },
			summary: "Not Authorized", attribute: "role", want: []string{`"s3-other"`, identity.DefaultUser().Subject}, requests: 2,
		},
		"401": {
			prepare: func(p *place) {
				_ = p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Status: 401, Endpoint: identity.EndpointAWSCredentials})
			},
			summary: "Access Token Not Accepted", want: []string{"127.0.0.1:", "audience " + identity.DefaultAudience}, requests: 2,
		},
		"503": {
			prepare: func(p *place) {
				_ = p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointAWSCredentials, Times: -1})
			},
			summary: "API Unavailable", want: []string{"503", "3 tries"}, requests: 4,
		},
		"max_retries": {
			prepare: func(p *place) {
				_ = p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointAWSCredentials, Times: -1})
			},
			block: values{"max_retries": 0}, summary: "API Unavailable", want: []string{"1 try"}, requests: 2,
		},
		"host not allowed": {
			prepare: func(p *place) {
				p.environ = slices.DeleteFunc(p.environ, func(assignment string) bool { return strings.HasPrefix(assignment, "ES_OAUTH2__ALLOWED_HOSTS=") })
			},
			summary: "API Host Not Allowed", want: []string{"127.0.0.1", "ES_OAUTH2__ALLOWED_HOSTS"}, requests: 0,
		},
		"no login": {
			prepare: func(p *place) { p.write(".earthscope/default/tokens.json", "{}") },
			summary: "No EarthScope Credentials", requests: 0,
		},
		"api_url unknown": {
			block: values{"api_url": unknown}, summary: "Provider Argument Not Known Yet", want: []string{"api_url"}, requests: 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newAPIPlace(t, identity.Options{})
			if test.prepare != nil {
				test.prepare(p)
			}
			_, diagnostics := p.configured(test.block).read("earthscope_aws_credentials", values{"role": "s3-other"})
			d := mustBeOne(t, diagnostics)
			if d.Summary != test.summary || attributeOf(d) != test.attribute {
				t.Errorf("%q at %q, want %q at %q", d.Summary, attributeOf(d), test.summary, test.attribute)
			}
			for _, want := range test.want {
				if !strings.Contains(d.Detail, want) {
					t.Errorf("the detail lacks %q: %s", want, d.Detail)
				}
			}
			if got := p.server.Requests().Total; got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
		})
	}
}

func TestAWSCredentials_arguments(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	w := p.configured(nil)
	for name, test := range map[string]struct {
		arguments values
		want      string // severity, summary and attribute of the only diagnostic
	}{
		"scoped":                 {values{"role": api.RoleMiniSEED, "network": "FDSN:IU"}, ""},
		"another role":           {values{"role": "s3-other"}, ""},
		"legacy":                 {values{"role": api.RoleLegacy}, "WARNING Legacy AWS Role role"},
		"without a network":      {values{"role": api.RoleMiniSEED}, "WARNING AWS Credentials List but Can't Read role"},
		"network unknown":        {values{"role": api.RoleMiniSEED, "network": unknown}, ""},
		"role unknown":           {values{"role": unknown}, ""},
		"role empty":             {values{"role": " "}, "ERROR Empty Value role"},
		"temporary":              {values{"role": api.RoleMiniSEED, "network": "FDSN:7D"}, "ERROR Temporary Network Without a Year network"},
		"temporary, year":        {values{"role": api.RoleMiniSEED, "network": "FDSN:XA", "year": 2014}, ""},
		"temporary, year to be":  {values{"role": api.RoleMiniSEED, "network": "FDSN:XA", "year": unknown}, ""},
		"network's notation":     {values{"role": "s3-other", "network": "iu"}, "ERROR Invalid Network network"},
		"network empty":          {values{"role": "s3-other", "network": ""}, "ERROR Invalid Network network"},
		"year out of range":      {values{"role": api.RoleMiniSEED, "network": "FDSN:IU", "year": 24}, "ERROR Number out of Range year"},
		"parameters":             {values{"role": "s3-other", "parameters": parameters(map[string]any{"a": "b", "c": nil})}, ""},
		"parameters unknown":     {values{"role": "s3-other", "parameters": unknown}, ""},
		"parameter of ours":      {values{"role": "s3-other", "parameters": parameters(map[string]any{"network": "x"})}, "ERROR Parameter Has an Argument of Its Own parameters"},
		"parameter without name": {values{"role": "s3-other", "parameters": parameters(map[string]any{"": "x"})}, "ERROR Parameter Without a Name parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := w.encode(w.schema.EphemeralResourceSchemas["earthscope_aws_credentials"], test.arguments)
			for kind, diagnostics := range map[string][]*tfprotov6.Diagnostic{
				"data source": w.validateDataSource("earthscope_aws_credentials", test.arguments),
				"ephemeral":   w.validateEphemeral("earthscope_aws_credentials", config),
			} {
				got := ""
				for _, d := range diagnostics {
					at, _, _ := strings.Cut(strings.TrimPrefix(d.Attribute.String(), `AttributeName("`), `"`)
					got += d.Severity.String() + " " + d.Summary + " " + at
				}
				if got != test.want {
					t.Errorf("%s: %q, want %q", kind, got, test.want)
				}
			}
		})
	}
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

func TestAWSCredentials_whatIsSent(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	w := p.configured(nil)
	arguments := values{
		"role": api.RoleMiniSEED, "network": "FDSN:XA", "year": 2014,
		"parameters": parameters(map[string]any{"station": "ANMO & co", "location": nil}),
	}
	first, diagnostics := w.read("earthscope_aws_credentials", arguments)
	mustBeClean(t, "read", diagnostics)
	second, response := w.open("earthscope_aws_credentials", arguments)
	mustBeClean(t, "open", response.Diagnostics)
	for _, name := range []string{"access_key_id", "secret_access_key", "session_token", "expiration"} {
		if text(t, first, name) == "" || text(t, first, name) != text(t, second, name) {
			t.Errorf("%s: two objects with the same arguments have different values, or none", name)
		}
	}
	expires, err := time.Parse(time.RFC3339, text(t, first, "expiration"))
	if left := time.Until(expires); err != nil || left < 59*time.Minute || left > time.Hour {
		t.Errorf("expiration = %v (%v left), %v", expires, left, err)
	}
	counts := p.server.Requests()
	if counts.ByEndpoint[identity.EndpointAWSCredentials] != 1 || counts.TokenRequests() != 1 {
		t.Errorf("%d requests for credentials and %d for tokens, want 1 and 1", counts.ByEndpoint[identity.EndpointAWSCredentials], counts.TokenRequests())
	}
}

func TestAWSCredentials_unknownProviderArgument(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"refresh_token", "api_url"} {
		p := newAPIPlace(t, identity.Options{})
		result, response := p.configured(values{argument: unknown}).open("earthscope_aws_credentials", values{"role": "s3-other"})
		if d := mustBeOne(t, response.Diagnostics); d.Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(d.Detail, argument) {
			t.Error(describe(response.Diagnostics))
		}
		if result["session_token"].IsKnown() || !response.RenewAt.IsZero() {
			t.Errorf("%s: a value is known, or a renewal is scheduled", argument)
		}
	}
}
