package identity

import (
	"slices"
	"sync"
	"testing"
	"time"
)

func TestRefresh_notRotating(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	login := s.Login(User{})
	got := refresh(t, s, login.RefreshToken)
	if got.status != 200 {
		t.Fatalf("status = %d, want 200: %s", got.status, got.body)
	}
	document := got.document(t)
	if _, there := document["refresh_token"]; there {
		t.Error("a server that does not rotate returned a refresh_token")
	}
	for name, want := range map[string]any{"token_type": "Bearer", "expires_in": 86400.0, "scope": DefaultScope} {
		if document[name] != want {
			t.Errorf("%s = %v, want %v", name, document[name], want)
		}
	}
	holder, err := s.verify(got.text(t, "access_token"))
	if err != nil {
		t.Fatalf("access token: %v", err)
	}
	issued := s.Now().Unix()
	want := claims{
		Issuer: s.URL(), Subject: DefaultUser().Subject, Audience: DefaultAudience, IssuedAt: issued,
		ExpiresAt: issued + 86400, Scope: DefaultScope, GrantType: "refresh_token", Client: DefaultClientID, ID: holder.ID,
	}
	if holder != want || holder.ID == "" {
		t.Errorf("claims = %+v, want %+v", holder, want)
	}
	if again := refresh(t, s, login.RefreshToken); again.status != 200 {
		t.Errorf("second use: status = %d, want 200", again.status)
	}
	if spent := s.SpentTwice(); len(spent) != 0 {
		t.Errorf("SpentTwice = %v, want none", spent)
	}
}

func TestRefresh_rotatingReuseRevokesGrant(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true})
	login, other := s.Login(User{}), s.Login(User{})
	successor := refresh(t, s, login.RefreshToken).text(t, "refresh_token")
	if successor == "" || successor == login.RefreshToken {
		t.Fatal("no successor")
	}
	wantJSON(t, refresh(t, s, login.RefreshToken), 403, deadToken)
	wantJSON(t, refresh(t, s, successor), 403, deadToken)
	wantJSON(t, refresh(t, s, other.RefreshToken), 403, deadToken)
	if got, want := s.SpentTwice(), []string{Fingerprint(login.RefreshToken)}; !slices.Equal(got, want) {
		t.Errorf("SpentTwice = %v, want %v", got, want)
	}
	if !s.FamilyRevoked(successor) || s.ActiveRefreshTokens(User{}) != 0 {
		t.Error("the family lives on after reuse")
	}
	want := TokenUse{Sent: 2, Granted: 1, Refused: 1, Reused: 1}
	if got := s.Requests().RefreshTokens[Fingerprint(login.RefreshToken)]; got != want {
		t.Errorf("use = %+v, want %+v", got, want)
	}
}

func TestRefresh_reuseSparesGrant(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true, ReuseSparesGrant: true})
	login, other := s.Login(User{}), s.Login(User{})
	refresh(t, s, login.RefreshToken)
	wantJSON(t, refresh(t, s, login.RefreshToken), 403, deadToken)
	if got := refresh(t, s, other.RefreshToken); got.status != 200 {
		t.Errorf("the other login: status = %d, want 200", got.status)
	}
}

func TestRefresh_leeway(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true, Leeway: 10 * time.Second})
	first := s.Login(User{}).RefreshToken
	second := refresh(t, s, first).text(t, "refresh_token")
	s.Advance(10 * time.Second)
	sibling := refresh(t, s, first)
	if sibling.status != 200 || sibling.text(t, "refresh_token") == second {
		t.Fatalf("within leeway: %d, want 200 with another successor", sibling.status)
	}
	if got := s.ActiveRefreshTokens(User{}); got != 2 {
		t.Errorf("live tokens = %d, want both successors", got)
	}
	third := refresh(t, s, second).text(t, "refresh_token")
	wantJSON(t, refresh(t, s, first), 403, deadToken) // second to last now
	wantJSON(t, refresh(t, s, third), 403, deadToken)
}

func TestRefresh_leewayOver(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true, Leeway: 10 * time.Second})
	first := s.Login(User{}).RefreshToken
	refresh(t, s, first)
	s.Advance(10*time.Second + time.Nanosecond)
	wantJSON(t, refresh(t, s, first), 403, deadToken)
	if got := len(s.SpentTwice()); got != 1 {
		t.Errorf("tokens spent twice = %d, want 1", got)
	}
}

func TestRefresh_refused(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddClient("other-app", "")
	blocked, login := s.Login(User{Subject: "auth0|blocked"}), s.Login(User{})
	s.BlockUser("auth0|blocked")
	grant := func(token, id string) []string {
		return []string{"grant_type", "refresh_token", "client_id", id, "refresh_token", token}
	}
	for name, test := range map[string]struct {
		form   []string
		status int
		body   string
	}{
		"unknown token":       {grant("v1.nothing", DefaultClientID), 403, deadToken},
		"blocked user":        {grant(blocked.RefreshToken, DefaultClientID), 403, `{"error":"invalid_grant","error_description":"user is blocked"}`},
		"other client":        {grant(login.RefreshToken, "other-app"), 403, deadToken},
		"unknown client":      {grant(login.RefreshToken, "nobody"), 401, `{"error":"invalid_client","error_description":"Unknown client: the client id is not registered here."}`},
		"no token":            {grant("", DefaultClientID), 400, `{"error":"invalid_request","error_description":"Missing required parameter: refresh_token"}`},
		"no client":           {grant(login.RefreshToken, ""), 400, `{"error":"invalid_request","error_description":"Missing required parameter: client_id"}`},
		"no grant type":       {[]string{"client_id", DefaultClientID}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: grant_type"}`},
		"unknown grant type":  {[]string{"grant_type", "password"}, 403, `{"error":"unsupported_grant_type","error_description":"Unsupported grant type."}`},
		"parameter repeated":  {append(grant("a", DefaultClientID), "refresh_token", "b"), 400, `{"error":"invalid_request","error_description":"Parameter given more than once: refresh_token"}`},
		"m2m without secrets": {[]string{"grant_type", "client_credentials", "client_id", DefaultClientID}, 403, `{"error":"unauthorized_client","error_description":"Grant type 'client_credentials' not allowed for the client."}`},
	} {
		t.Run(name, func(t *testing.T) {
			wantJSON(t, post(t, s, "oauth/token", test.form...), test.status, test.body)
		})
	}
	if !s.RefreshTokenValid(login.RefreshToken) || s.RefreshTokenValid(blocked.RefreshToken) {
		t.Error("a refusal of another client's request changed the token, or blocking did not")
	}
}

func TestRefresh_oldestOf200Deleted(t *testing.T) {
	t.Parallel()
	s := start(t, Options{MaxRefreshTokens: 3})
	var tokens []string
	for range 4 {
		tokens = append(tokens, s.Login(User{}).RefreshToken)
	}
	other := s.Login(User{Subject: "auth0|b"}).RefreshToken
	wantJSON(t, refresh(t, s, tokens[0]), 403, deadToken)
	for _, token := range append(tokens[1:], other) {
		if got := refresh(t, s, token); got.status != 200 {
			t.Errorf("a newer token: status = %d, want 200", got.status)
		}
	}
	if s.FamilyRevoked(tokens[0]) || s.ActiveRefreshTokens(User{}) != 3 {
		t.Error("deleting the oldest is no revocation, and leaves three")
	}
}

func TestRefresh_scope(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	login := s.LoginAs(LoginRequest{Scope: "a b offline_access"})
	form := []string{"grant_type", "refresh_token", "client_id", DefaultClientID, "refresh_token", login.RefreshToken}
	if got := post(t, s, "oauth/token", append(form, "scope", "b c")...).text(t, "scope"); got != "b" {
		t.Errorf("narrowed scope = %q, want b", got)
	}
	if got := post(t, s, "oauth/token", append(form, "scopes", "b")...).text(t, "scope"); got != "a b offline_access" {
		t.Errorf("scope = %q, want all of it: scopes is no parameter", got)
	}
}

func TestRefresh_concurrentUsesOfOneToken(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true})
	token := s.Login(User{}).RefreshToken
	var group sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		group.Go(func() {
			got, err := tryPost(t, s, "oauth/token", refreshFields(token)...)
			if err != nil {
				t.Errorf("refresh: %v", err)
			}
			statuses[i] = got.status
		})
	}
	group.Wait()
	slices.Sort(statuses)
	if want := []int{200, 403, 403, 403, 403, 403, 403, 403}; !slices.Equal(statuses, want) {
		t.Errorf("statuses = %v, want %v", statuses, want)
	}
	want := TokenUse{Sent: 8, Granted: 1, Refused: 7, Reused: 7}
	if got := s.Requests().RefreshTokens[Fingerprint(token)]; got != want {
		t.Errorf("use = %+v, want %+v", got, want)
	}
}

func TestRequestLog_wireDetails(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	login := s.Login(User{})
	refresh(t, s, login.RefreshToken)
	log := s.RequestLog()
	if len(log) != 1 {
		t.Fatalf("requests = %d, want 1", len(log))
	}
	entry := log[0]
	if want := []string{"grant_type", "client_id", "refresh_token", "scopes"}; !slices.Equal(entry.Fields, want) {
		t.Errorf("fields = %v, want %v", entry.Fields, want)
	}
	if entry.HasAuthorization || entry.Status != 200 || entry.Outcome != OutcomeGranted ||
		entry.Fingerprint != Fingerprint(login.RefreshToken) || entry.ClientID != DefaultClientID {
		t.Errorf("entry = %+v", entry)
	}
	if counts := s.Requests(); counts.TokenRequests() != 1 || counts.Refreshes() != 1 || counts.Total != 1 {
		t.Errorf("counts = %+v", counts)
	}
	s.ResetRequests()
	if got := s.Requests().Total; got != 0 {
		t.Errorf("after a reset: %d, want 0", got)
	}
}
