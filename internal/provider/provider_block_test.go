package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func TestValidateProviderConfig_oneErrorWithPathAndRemedy(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	for name, test := range map[string]struct {
		block                   values
		attribute, summary, say string
	}{
		"empty profile":            {values{"profile": ""}, "profile", "Empty Value", "leave it out"},
		"empty refresh token":      {values{"refresh_token": ""}, "refresh_token", "Empty Value", "leave it out"},
		"blank access token":       {values{"access_token": " \n"}, "access_token", "Empty Value", "leave it out"},
		"empty client secret":      {values{"client_secret": ""}, "client_secret", "Empty Value", "leave it out"},
		"empty client id":          {values{"client_id": ""}, "client_id", "Empty Value", "leave it out"},
		"empty audience":           {values{"audience": ""}, "audience", "Empty Value", "leave it out"},
		"empty scope":              {values{"scope": ""}, "scope", "Empty Value", "leave it out"},
		"empty domain":             {values{"domain": ""}, "domain", "Empty Value", "leave it out"},
		"empty folder":             {values{"config_dir": ""}, "config_dir", "Empty Value", "leave it out"},
		"empty certificate file":   {values{"ca_cert_file": ""}, "ca_cert_file", "Empty Value", "leave it out"},
		"folder of a shell":        {values{"config_dir": "~/es"}, "config_dir", "Tilde in a Path", `pathexpand("~/es")`},
		"certificate of a shell":   {values{"ca_cert_file": "~/ca.pem"}, "ca_cert_file", "Tilde in a Path", `pathexpand("~/ca.pem")`},
		"empty threshold":          {values{"refresh_threshold": ""}, "refresh_threshold", "Empty Value", "leave it out"},
		"threshold without a unit": {values{"refresh_threshold": "60"}, "refresh_threshold", "Invalid Duration", `"60" is not a duration`},
		"negative threshold":       {values{"refresh_threshold": "-1m"}, "refresh_threshold", "Invalid Duration", "longer than nothing"},
		"no time for a request":    {values{"request_timeout": "0s"}, "request_timeout", "Invalid Duration", "longer than nothing"},
		"timeout in words":         {values{"request_timeout": "soon"}, "request_timeout", "Invalid Duration", `"90s", "10m" or "1h30m"`},
		"too many retries":         {values{"max_retries": 21}, "max_retries", "Number out of Range", "from 0 to 20, but is 21"},
		"fewer retries than none":  {values{"max_retries": -1}, "max_retries", "Number out of Range", "from 0 to 20, but is -1"},
		"domain without a scheme":  {values{"domain": "login.earthscope.org"}, "domain", "Invalid Address", "https://login.earthscope.org/"},
		"domain without a host":    {values{"domain": "https:///x"}, "domain", "Invalid Address", "names no host"},
		"address with a password":  {values{"api_url": "https://u:hunter2@h/"}, "api_url", "Invalid Address", "user name"},
		"address with a query":     {values{"api_url": "https://h/?a=b"}, "api_url", "Invalid Address", "query"},
		"address that is none":     {values{"api_url": "https://h:x/"}, "api_url", "Invalid Address", "can't be read"},
		"machine and person": {
			values{"client_secret": "secret-of-a-machine", "refresh_token": "token-of-a-person"},
			"client_secret", "Two Credentials in the Provider Block", "second provider block",
		},
		"machine and access token": {
			values{"client_secret": "secret-of-a-machine", "access_token": "token-of-a-person"},
			"client_secret", "Two Credentials in the Provider Block", "access_token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mustBeOne(t, w.validate(test.block))
			if d.Severity != tfprotov6.DiagnosticSeverityError || d.Summary != test.summary || attributeOf(d) != test.attribute {
				t.Errorf("got %s, want an error %q at %s", describe([]*tfprotov6.Diagnostic{d}), test.summary, test.attribute)
			}
			if !strings.Contains(d.Detail, test.say) {
				t.Errorf("the detail %q does not say %q", d.Detail, test.say)
			}
			for _, secret := range []string{"hunter2", "secret-of-a-machine", "token-of-a-person"} {
				if strings.Contains(d.Detail, secret) {
					t.Errorf("the detail quotes %q", secret)
				}
			}
		})
	}
}

func TestValidateProviderConfig_accepts(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	all := values{}
	for _, attribute := range w.schema.Provider.Block.Attributes {
		all[attribute.Name] = unknown
	}
	for name, block := range map[string]values{
		"nothing":            {},
		"everything unknown": all,
		"secret beside what may be null": {
			"client_secret": "s", "refresh_token": unknown, "access_token": unknown,
		},
		"one flow with two tokens": {"refresh_token": "r", "access_token": "a"},
		"every argument": {
			"profile": "p", "client_secret": "s", "client_id": "c", "audience": "a", "scope": "s", "domain": "http://127.0.0.1:1/x/",
			"api_url": "https://api.example.org", "config_dir": "/c", "persist_tokens": false, "refresh_threshold": "1h30m",
			"request_timeout": "500ms", "max_retries": 0, "ca_cert_file": "ca.pem",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustBeClean(t, "validate", w.validate(block))
		})
	}
}

// Configure is called with values that validation never saw, and says the same.
func TestConfigure_badDuration(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	response, err := w.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: w.encode(w.schema.Provider, values{"refresh_threshold": "soon"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := mustBeOne(t, response.Diagnostics); attributeOf(d) != "refresh_threshold" || d.Summary != "Invalid Duration" {
		t.Errorf("got %s", describe(response.Diagnostics))
	}
}
