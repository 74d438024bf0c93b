package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// issue answers with credentials that live for an hour of the bench's clock;
// each answer has another key.
func issue(b **bench) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply(fmt.Sprintf(`{"aws_access_key_id":"ASIA%d","aws_secret_access_key":%q,"aws_session_token":"session","expiration":%q,"extra":{}}`,
			(*b).sent(), bodySecret, (*b).clock().Add(time.Hour).Format(time.RFC3339)))(w, r)
	}
}

func newIssuer(t *testing.T) *bench {
	t.Helper()
	var b *bench
	b = newBench(t, func(w http.ResponseWriter, r *http.Request) { issue(&b)(w, r) })
	return b
}

// keyID asks for credentials and returns their key id.
func (b *bench) keyID(request CredentialsRequest, minTTL time.Duration) string {
	b.t.Helper()
	got, err := b.client.AWSCredentials(b.t.Context(), request, minTTL)
	if err != nil {
		b.t.Fatal(err)
	}
	return got.AccessKeyID
}

func TestAWSCredentials(t *testing.T) {
	t.Parallel()
	b := newIssuer(t)
	got, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{
		Role: "s3-miniseed-v2", Parameters: map[string]string{"network": "FDSN:IU", "year": "2024"},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIA1" || got.SecretAccessKey.Reveal() != bodySecret || got.SessionToken.Reveal() != "session" ||
		!got.Expiration.Equal(start.Add(time.Hour)) {
		t.Errorf("credentials expire at %v, key %s", got.Expiration, got.AccessKeyID)
	}
	if want := "/beta/user/credentials/aws/s3-miniseed-v2?network=FDSN%3AIU&year=2024"; b.requests[0].RequestURI != want {
		t.Errorf("address = %s, want %s", b.requests[0].RequestURI, want)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if strings.Contains(fmt.Sprintf(verb, got), bodySecret) {
			t.Errorf("%s prints the secret", verb)
		}
	}
}

// The SDK pastes a role as it is, so that it can leave its path; ours can't.
func TestAWSCredentials_roleIsOneSegment(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"../profile":    "..%2Fprofile",
		"a/b?network=x": "a%2Fb%3Fnetwork=x",
		"a b#c%2F":      "a%20b%23c%252F",
		"...":           "...",
	} {
		b := newIssuer(t)
		b.keyID(CredentialsRequest{Role: role}, 0)
		if got := b.requests[0].RequestURI; got != "/beta/user/credentials/aws/"+want {
			t.Errorf("role %q: address = %s, want %s", role, got, want)
		}
	}
	for _, role := range []string{"", ".", ".."} {
		b := newIssuer(t)
		if _, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: role}, 0); !IsKind(err, KindInvalidRequest) {
			t.Errorf("role %q: error = %v", role, err)
		}
		b.wantSent(0)
	}
}

func TestAWSCredentials_cache(t *testing.T) {
	t.Parallel()
	b := newIssuer(t)
	v2 := CredentialsRequest{Role: "s3-miniseed-v2"}
	scoped := CredentialsRequest{Role: "s3-miniseed-v2", Parameters: map[string]string{"network": "FDSN:IU"}}
	for _, step := range []struct {
		advance time.Duration
		request CredentialsRequest
		minTTL  time.Duration
		want    string
	}{
		{0, v2, 0, "ASIA1"},
		{0, v2, 0, "ASIA1"},
		{0, scoped, 0, "ASIA2"},
		{0, CredentialsRequest{Role: "s3-miniseed"}, 0, "ASIA3"},
		{59*time.Minute + 29*time.Second, v2, 0, "ASIA1"}, // 31 s left
		{time.Second, v2, 0, "ASIA4"},                     // 30 s left
		{0, scoped, 0, "ASIA5"},
		{30 * time.Minute, v2, 20 * time.Minute, "ASIA4"},
		{0, v2, 30 * time.Minute, "ASIA6"}, // just as much is not more
	} {
		b.advance(step.advance)
		if got := b.keyID(step.request, step.minTTL); got != step.want {
			t.Errorf("%v %v with %v: key %s, want %s", b.clock().Format(time.TimeOnly), step.request, step.minTTL, got, step.want)
		}
	}
}

func TestAWSCredentials_verdictIsRememberedForAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t, status(403))
	request := CredentialsRequest{Role: "s3-secret"}
	for range 3 {
		_, err := b.client.AWSCredentials(t.Context(), request, 0)
		e := checked(t, err)
		if e.Kind != KindForbidden || e.Role != "s3-secret" || !strings.Contains(e.Detail, `the AWS role "s3-secret" to user `+subject) {
			t.Errorf("%q: %s", e.Kind, e.Detail)
		}
	}
	b.wantSent(1)
	if _, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: "other"}, 0); err == nil {
		t.Error("no error")
	}
	b.wantSent(2)
	b.advance(time.Minute)
	_, _ = b.client.AWSCredentials(t.Context(), request, 0)
	b.wantSent(3)
}

// A role that is withdrawn leaves the credentials usable that are out.
func TestAWSCredentials_verdictKeepsTheOldOnes(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if b.sent() > 1 {
			status(403)(w, r)
			return
		}
		issue(&b)(w, r)
	})
	request := CredentialsRequest{Role: "r"}
	if held := b.client.HeldUntil(request); !held.IsZero() {
		t.Errorf("held until %v before anything was asked", held)
	}
	b.keyID(request, 0)
	b.advance(50 * time.Minute)
	if _, err := b.client.AWSCredentials(t.Context(), request, 20*time.Minute); !IsKind(err, KindForbidden) {
		t.Errorf("error = %v", err)
	}
	if got := b.keyID(request, 0); got != "ASIA1" {
		t.Errorf("key %s, want the old one", got)
	}
	if held := b.client.HeldUntil(request); !held.Equal(start.Add(time.Hour)) {
		t.Errorf("held until %v", held)
	}
	b.wantSent(2)
}

func TestAWSCredentials_failuresThatPassAreNotRemembered(t *testing.T) {
	t.Parallel()
	for _, code := range []int{401, 503} {
		b := newBench(t, status(code), func(o *Options) { o.Retry.Attempts = 1 })
		for range 2 {
			_, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: "r"}, 0)
			checked(t, err)
		}
		b.wantSent(2)
	}
}

func TestAWSCredentials_rejected(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{422: "check network, year and parameters", 404: `Check the role "r"`} {
		b := newBench(t, status(code))
		_, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: "r"}, 0)
		if e := checked(t, err); e.Kind != KindRejected || !strings.Contains(e.Detail, want) {
			t.Errorf("%d: %q: %s", code, e.Kind, e.Detail)
		}
	}
}

const wholeCredentials = `{"aws_access_key_id":"ASIA","aws_secret_access_key":"` + bodySecret + `","aws_session_token":"` + bodySecret + `","expiration":"2026-05-01T13:00:00Z"}`

func TestAWSCredentials_fields(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "expiration"} {
		for problem, edit := range map[string]func(map[string]any){
			"is missing":  func(d map[string]any) { delete(d, field) },
			"is null":     func(d map[string]any) { d[field] = nil },
			"is not text": func(d map[string]any) { d[field] = []string{bodySecret} },
		} {
			b := newBench(t, reply(string(edited(t, wholeCredentials, edit))))
			_, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: "r"}, 0)
			if e := checked(t, err); e.Kind != KindBadAnswer || !strings.Contains(e.Detail, "the field "+field+" "+problem+".") {
				t.Errorf("%s: %q: %s", problem, e.Kind, e.Detail)
			}
			b.wantSent(1)
		}
	}
}

func TestAWSCredentials_expiration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05-01T13:00:00Z":           "",
		"2026-05-01T13:00:00.123456Z":    "",
		"2026-05-01T15:00:00+02:00":      "",
		"2026-05-01T15:00:00+0200":       "",
		"2026-05-01 13:00:00+00:00":      "",
		"2026-05-01T13:00:00":            "not a time with a zone",
		bodySecret:                       "not a time with a zone",
		"2026-05-01T11:59:59Z":           "expired at 2026-05-01T11:59:59Z, which is past by this machine's clock (2026-05-01T12:00:00Z)",
		"2026-05-01T12:00:00.000000000Z": "expired at",
	} {
		b := newBench(t, reply(string(edited(t, wholeCredentials, func(d map[string]any) { d["expiration"] = text }))))
		got, err := b.client.AWSCredentials(t.Context(), CredentialsRequest{Role: "r"}, 0)
		if want == "" {
			if err != nil || got.Expiration.Truncate(time.Second) != start.Add(time.Hour) {
				t.Errorf("%s: %v, error %v", text, got.Expiration, err)
			}
			continue
		}
		if e := checked(t, err); !strings.Contains(e.Detail, want) {
			t.Errorf("%s: %s", text, e.Detail)
		}
	}
}

// Credentials with less than 30 seconds are handed out, but only once.
func TestAWSCredentials_shortLived(t *testing.T) {
	t.Parallel()
	b := newBench(t, reply(string(edited(t, wholeCredentials, func(d map[string]any) { d["expiration"] = "2026-05-01T12:00:20Z" }))))
	for range 2 {
		b.keyID(CredentialsRequest{Role: "r"}, 0)
	}
	b.wantSent(2)
}

func TestAWSCredentials_oneRequestForConcurrentCallers(t *testing.T) {
	t.Parallel()
	var b *bench
	release := make(chan struct{})
	b = newBench(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		issue(&b)(w, r)
	})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if got := b.keyID(CredentialsRequest{Role: "r"}, 0); got != "ASIA1" {
				t.Errorf("key %s", got)
			}
		})
	}
	close(release)
	group.Wait()
	b.wantSent(1)
}

// The one who asks gives up; one of those who wait asks again.
func TestAWSCredentials_cancelledLeader(t *testing.T) {
	t.Parallel()
	var b *bench
	ctx, cancel := context.WithCancel(t.Context())
	arrived := make(chan struct{})
	b = newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if b.sent() == 1 {
			close(arrived)
			<-ctx.Done()
			return
		}
		issue(&b)(w, r)
	})
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := b.client.AWSCredentials(ctx, CredentialsRequest{Role: "r"}, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("the leader's error = %v", err)
		}
	})
	<-arrived
	group.Go(func() {
		if got := b.keyID(CredentialsRequest{Role: "r"}, 0); got != "ASIA2" {
			t.Errorf("key %s", got)
		}
	})
	cancel()
	group.Wait()
	b.wantSent(2)
}

func FuzzParseCredentials(f *testing.F) {
	f.Add([]byte(wholeCredentials))
	f.Add([]byte(`{"expiration":7}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, body []byte) {
		credentials, err := parseCredentials(body)
		if err == nil && credentials.Expiration.IsZero() && !strings.Contains(string(body), "0001") {
			t.Error("credentials without an expiration")
		}
		_, _ = parseProfile(body)
	})
}
