package interop_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// apiClient is ours with the settings that the SDK has in this world.
func (w *world) apiClient() *api.Client {
	w.t.Helper()
	opened, err := w.open()
	if err != nil {
		w.t.Fatal(err)
	}
	loaded, _, err := settings.Load(settings.Request{Environ: w.environment()})
	if err != nil {
		w.t.Fatal(err)
	}
	return api.New(api.Options{
		APIURL: loaded.Resources.APIURL, AllowedHosts: loaded.OAuth2.AllowedHosts, Retry: loaded.HTTP.Retry,
		Tokens: opened, HTTPClient: &http.Client{}, Sleep: noWait,
	})
}

// apiRequests lists the paths that were asked for since the last call.
func (w *world) apiRequests() []string {
	var paths []string
	for _, r := range w.server.RequestLog() {
		if r.HasAuthorization {
			paths = append(paths, r.Path)
		}
	}
	w.server.ResetRequests()
	return paths
}

func TestAPI_userProfileIsTheSDKs(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{})
	w.login("default", identity.User{})
	answer := python.ask(question{Call: "fields", Env: w.environment()})
	if answer.Error != "" {
		t.Fatalf("the SDK stopped with %s: %s", answer.Error, answer.Message)
	}
	theirs := w.apiRequests()
	got, err := w.apiClient().UserProfile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ours := w.apiRequests(); len(ours) != 1 || len(theirs) != 1 || ours[0] != theirs[0] {
		t.Errorf("we asked for %q, the SDK for %q", ours, theirs)
	}
	ours := map[string]string{
		"first_name": got.FirstName, "last_name": got.LastName, "country_code": got.CountryCode, "region_code": *got.RegionCode,
		"institution": got.Institution, "work_sector": got.WorkSector, "user_id": got.UserID, "primary_email": got.PrimaryEmail,
		"created_at": got.CreatedAt, "updated_at": got.UpdatedAt,
	}
	if len(answer.Settings) != len(ours) {
		t.Errorf("the SDK has %d fields, we have %d", len(answer.Settings), len(ours))
	}
	for name, value := range ours {
		if answer.Settings[name] != value {
			t.Errorf("%s = %q, the SDK's is %v", name, value, answer.Settings[name])
		}
	}
}

func TestAPI_awsCredentialsAreTheSDKs(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{})
	w.login("default", identity.User{})
	request := api.CredentialsRequest{Role: "s3-miniseed-v2", Parameters: map[string]string{"network": "FDSN:7D", "year": "2014"}}
	answer := python.ask(question{Call: "fields", Env: w.environment(), Role: request.Role, Parameters: request.Parameters})
	if answer.Error != "" {
		t.Fatalf("the SDK stopped with %s: %s", answer.Error, answer.Message)
	}
	theirs := w.apiRequests()
	got, err := w.apiClient().AWSCredentials(t.Context(), request, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ours := w.apiRequests(); len(ours) != 1 || len(theirs) != 1 || ours[0] != theirs[0] {
		t.Errorf("we asked for %q, the SDK for %q", ours, theirs)
	}
	// Every answer has other credentials; fields and their lengths are the same.
	ours := map[string]string{
		"aws_access_key_id": got.AccessKeyID, "aws_secret_access_key": got.SecretAccessKey.Reveal(),
		"aws_session_token": got.SessionToken.Reveal(), "expiration": got.Expiration.Format(time.RFC3339),
	}
	if len(answer.Settings) != len(ours) {
		t.Errorf("the SDK has %d fields, we have %d", len(answer.Settings), len(ours))
	}
	for name, value := range ours {
		text, _ := answer.Settings[name].(string)
		if masked := name == "aws_secret_access_key" || name == "aws_session_token"; text == "" || !masked && len(text) != len(value) {
			t.Errorf("%s: the SDK's has %d characters, ours %d", name, len(text), len(value))
		}
	}
}

// The CLI's profile command and our client say the same about who is refused.
func TestAPI_roleRefusedToBoth(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{})
	w.login("default", identity.User{})
	w.server.DenyRole(identity.DefaultUser().Subject, "s3-miniseed-v2")
	answer := python.ask(question{Call: "fields", Env: w.environment(), Role: "s3-miniseed-v2"})
	if answer.Error != "UnauthorizedError" {
		t.Errorf("the SDK stopped with %q", answer.Error)
	}
	theirs := len(w.apiRequests())
	_, err := w.apiClient().AWSCredentials(t.Context(), api.CredentialsRequest{Role: "s3-miniseed-v2"}, 0)
	if !api.IsKind(err, api.KindForbidden) {
		t.Errorf("error = %v", err)
	}
	if ours := len(w.apiRequests()); ours != theirs {
		t.Errorf("we made %d requests, the SDK %d", ours, theirs)
	}
}
