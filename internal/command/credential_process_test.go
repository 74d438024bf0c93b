package command_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// What AWS tools require: exactly these keys, Version 1 as a number, and the
// end of the credentials in ISO 8601 (AWS CLI user guide, "Sourcing credentials
// with an external process").
func TestCredentialProcess_form(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AWSCredentialsLifetime: 47 * time.Minute})
	p.login()
	out, stderr := p.run(0, "credential-process", "--role", "s3-miniseed-v2", "--network", "FDSN:IU")
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	var got struct {
		Version         *int
		AccessKeyId     string //nolint:staticcheck // AWS's spelling
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
	}
	if err := decoder.Decode(&got); err != nil || stderr != "" {
		t.Fatalf("%v, stderr %q", err, stderr)
	}
	if got.Version == nil || *got.Version != 1 || got.AccessKeyId == "" || got.SecretAccessKey == "" || got.SessionToken == "" {
		t.Error("a key is missing or empty")
	}
	if left := got.Expiration.Sub(p.server.Now()); left > 47*time.Minute || left < 40*time.Minute {
		t.Errorf("the credentials end in %v", left)
	}
	if decoder.More() || strings.Count(out, "\n") != 7 {
		t.Errorf("%d lines", strings.Count(out, "\n"))
	}
}

// Every flag reaches the API, and nothing else does.
func TestCredentialProcess_asks(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		"--role s3-miniseed-v2":                                                   "beta/user/credentials/aws/s3-miniseed-v2",
		"--role s3-miniseed-v2 --network FDSN:IU":                                 "beta/user/credentials/aws/s3-miniseed-v2?network=FDSN%3AIU",
		"--role s3-miniseed-v2 --network FDSN:7D --year 2014":                     "beta/user/credentials/aws/s3-miniseed-v2?network=FDSN%3A7D&year=2014",
		"--role=s3-miniseed-v2 --parameter a=b --parameter c=d=e":                 "beta/user/credentials/aws/s3-miniseed-v2?a=b&c=d%3De",
		"--role s3-miniseed-v2 --parameter a= --network FDSN:IU":                  "beta/user/credentials/aws/s3-miniseed-v2?a=&network=FDSN%3AIU",
		"--role s3-miniseed":                                                      "beta/user/credentials/aws/s3-miniseed",
		"--role s3-miniseed-v2 --parameter x=1 --parameter x=2 --network=FDSN:IU": "beta/user/credentials/aws/s3-miniseed-v2?network=FDSN%3AIU&x=2",
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.login()
			asked := &addresses{next: http.DefaultTransport}
			p.client = &http.Client{Transport: asked}
			p.run(0, append([]string{"credential-process"}, strings.Fields(arguments)...)...)
			if got := asked.of("credentials"); len(got) != 1 || got[0] != p.server.URL()+want {
				t.Errorf("asked for %q, want %q", got, want)
			}
		})
	}
}

// addresses notes what is asked for.
type addresses struct {
	next http.RoundTripper
	seen []string
}

func (a *addresses) RoundTrip(r *http.Request) (*http.Response, error) {
	a.seen = append(a.seen, r.URL.String())
	return a.next.RoundTrip(r)
}

func (a *addresses) of(part string) []string {
	var found []string
	for _, address := range a.seen {
		if strings.Contains(address, part) {
			found = append(found, address)
		}
	}
	return found
}

// A failure prints nothing on standard output, where the AWS tool would read
// it, and says on standard error what is wrong, for whom, and where.
func TestCredentialProcess_failures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(p *place)
		wanted  []string
		asked   int // requests for credentials
	}{
		"role refused": {
			func(p *place) { p.server.DenyRole(identity.DefaultUser().Subject, "s3-miniseed-v2") },
			[]string{"Error: Not Authorized. ", `the AWS role "s3-miniseed-v2" to user ` + identity.DefaultUser().Subject, "data-help@earthscope.org"},
			1,
		},
		"host not allowed": {
			func(p *place) { p.environ = override(p.environ, []string{"ES_OAUTH2__ALLOWED_HOSTS=[]"}) },
			[]string{"Error: API Host Not Allowed. ", "oauth2.allowed_hosts", "127.0.0.1"},
			0,
		},
		"API out of order": {
			func(p *place) {
				fault(p, identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointAWSCredentials, Times: -1})
			},
			[]string{"Error: API Unavailable. ", "status 503", "after 3 tries"},
			3,
		},
		"page instead of JSON": {
			func(p *place) {
				fault(p, identity.Fault{Kind: identity.FaultHTML, Endpoint: identity.EndpointAWSCredentials})
			},
			[]string{"Error: Not the API. ", "an HTML page (status 200)"},
			1,
		},
		"token not accepted": {
			func(p *place) {
				fault(p, identity.Fault{Kind: identity.FaultStatus, Status: 401, Endpoint: identity.EndpointAWSCredentials})
			},
			[]string{"Error: Access Token Not Accepted. ", "refused (401)", "audience " + identity.DefaultAudience},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.noWait()
			p.login()
			test.prepare(p)
			out, stderr := p.run(1, "credential-process", "--role", "s3-miniseed-v2", "--network", "FDSN:IU")
			contains(t, stderr, test.wanted...)
			if out != "" {
				t.Errorf("stdout %q", out)
			}
			asked := 0
			for _, r := range p.server.RequestLog() {
				if strings.Contains(r.Path, "credentials/aws") {
					asked++
				}
			}
			if asked != test.asked {
				t.Errorf("asked %d times, want %d", asked, test.asked)
			}
		})
	}
}

func fault(p *place, f identity.Fault) {
	p.t.Helper()
	if err := p.server.Fault(f); err != nil {
		p.t.Fatal(err)
	}
}
