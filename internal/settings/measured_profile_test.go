package settings

import "testing"

// TestProfile_measured: which profile is chosen.
func TestProfile_measured(t *testing.T) {
	t.Parallel()
	checkMeasured(t, []measuredRow{
		{env: []string{"ES_PROFILE="}, stops: true},
		{env: []string{"ES_PROFILE=z"}, stops: true},
		{env: []string{"es_profile=default"}, want: nil},
		{profile: "x", files: files{configPath: "[profile.x.oauth2]\nclient_id=\"a\"\n"}, want: map[string]string{"oauth2.client_id": "a", "profile": "x"}},
		{profile: "x", files: files{configPath: "[PROFILE.x.oauth2]\nclient_id=\"a\"\n"}, want: map[string]string{"oauth2.client_id": "a", "profile": "x"}},
		{profile: "x", files: files{configPath: "[profile_settings_by_name.x.oauth2]\nclient_id=\"a\"\n"}, want: map[string]string{"oauth2.client_id": "a", "profile": "x"}},
		{profile: "x", files: files{configPath: "[profile.X.oauth2]\nclient_id=\"a\"\n"}, stops: true},
		{profile: "p", files: files{configPath: "[default.oauth2.retry]\nattempts=7\n[profile.p.oauth2.retry]\nattempts=5\ntimeout=30\nwait_initial=1\nwait_jitter=3\n"}, want: map[string]string{"oauth2.retry.attempts": "7", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2.retry]\nattempts=7\n[profile.p.oauth2.retry]\nattempts=5\n"}, want: map[string]string{"profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2.retry]\nattempts=7\n[profile.p.oauth2.retry]\nattempts=3\n"}, want: map[string]string{"oauth2.retry.attempts": "7", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2]\nclient_id=\"a\"\n[profile.p.oauth2]\nclient_id=\"b9DtAFBd6QvMg761vI3YhYquNZbJX5G0\"\n"}, want: map[string]string{"oauth2.client_id": "a", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2]\ndomain=\"https://x\"\n[profile.p.oauth2]\ndomain=\"https://LOGIN.earthscope.org\"\n"}, want: map[string]string{"oauth2.domain": "https://x/", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.http]\nextra_headers={A=\"1\"}\n[profile.p.http]\nextra_headers={B=\"2\"}\n"}, want: map[string]string{"http.extra_headers.A": "1", "http.extra_headers.B": "2", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.http]\nextra_headers={A=\"1\"}\n[profile.p.http]\nextra_headers={}\n"}, want: map[string]string{"http.extra_headers.A": "1", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2]\nallowed_hosts=[\"x\"]\n[profile.p.oauth2]\nallowed_hosts=[\"*.earthscope.org\",\"earthscope.org\"]\n"}, want: map[string]string{"oauth2.allowed_hosts": `["x"]`, "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2]\nallowed_hosts=[\"x\"]\n[profile.p.oauth2]\nallowed_hosts=[\"y\"]\n"}, want: map[string]string{"oauth2.allowed_hosts": `["y"]`, "profile": "p"}},
		{env: []string{"ES_PROFILE=x"}, files: files{configPath: "[profile.x]\n", ".earthscope/x/tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r", "profile": "x"}},
		{env: []string{"ES_PROFILE=x", "ES_PROFILE_NAME=y"}, files: files{configPath: "[profile.x]\n[profile.y]\n"}, want: map[string]string{"profile": "x"}},
		{env: []string{"ES_PROFILE_NAME=y"}, files: files{configPath: "[profile.x]\n[profile.y]\n"}, want: map[string]string{"profile": "y"}},
		// The SDK reads profile y and saves as x.
		{env: []string{"ES_PROFILE_NAME=y"}, profile: "x", files: files{configPath: "[profile.x.oauth2]\nclient_id=\"x\"\n[profile.y.oauth2]\nclient_id=\"y\"\n"}, want: map[string]string{"oauth2.client_id": "x", "profile": "x"}},
		{env: []string{"ES_PROFILE=y"}, profile: "x", files: files{configPath: "[profile.x.oauth2]\nclient_id=\"x\"\n[profile.y.oauth2]\nclient_id=\"y\"\n"}, want: map[string]string{"oauth2.client_id": "x", "profile": "x"}},
		{profile: "My  Prof", files: files{configPath: "[profile.\"My  Prof\"]\n", ".earthscope/my-prof/tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r", "profile": "My  Prof"}},
		{profile: "/abs", files: files{configPath: "[profile.\"/abs\"]\n"}, want: map[string]string{"profile": "/abs"}},
		{profile: "../up", files: files{configPath: "[profile.\"../up\"]\n"}, want: map[string]string{"profile": "../up"}},
		{profile: " ", files: files{configPath: "[profile.\" \"]\n"}, want: map[string]string{"profile": " "}},
		{env: []string{"ES_PROFILE="}, files: files{configPath: "[profile.\"\"]\n"}, want: map[string]string{"profile": ""}},
		{profile: "İΣ\x1cA", files: files{configPath: "[profile.\"İΣ\x1cA\"]\n"}, stops: true},
		{profile: "ΑΣ B", files: files{configPath: "[profile.\"ΑΣ B\"]\n"}, want: map[string]string{"profile": "ΑΣ B"}},
		{profile: "p", files: files{configPath: "[default.http]\nuser_agent=\"earthscope-sdk py/1.9.3\"\n[profile.p.http]\nuser_agent=\"z\"\n"}, want: map[string]string{"http.user_agent": "z", "profile": "p"}},
		{profile: "q", files: files{configPath: "[default.dropoff]\npart_size=0xA00000\n[profile.q.dropoff]\npart_size=1_000\n"}, want: map[string]string{"dropoff.part_size": "1000", "profile": "q"}},
		{profile: "p", files: files{configPath: "[default.oauth2.retry]\nattempts=7\n[profile.p.oauth2.retry]\nattempts=5\ntimeout=30\nwait_initial=1\nwait_jitter=3\nwait_max=6\n"}, want: map[string]string{"oauth2.retry.wait_max": "6s", "profile": "p"}},
		{profile: "p", files: files{configPath: "[default.oauth2.retry]\nattempts=7\n[profile.p.oauth2]\nretry={}\n"}, want: map[string]string{"oauth2.retry.attempts": "7", "profile": "p"}},
		{profile: "a", files: files{configPath: "profile.a.oauth2.client_id=\"k\"\n"}, want: map[string]string{"oauth2.client_id": "k", "profile": "a"}},
		{profile: "a", files: files{configPath: "[profile]\na={oauth2={client_id=\"k\"}}\n"}, want: map[string]string{"oauth2.client_id": "k", "profile": "a"}},
		{profile: "a.b", files: files{configPath: "[profile.\"a.b\"]\noauth2.client_id=\"k\"\n"}, want: map[string]string{"oauth2.client_id": "k", "profile": "a.b"}},
		{profile: "a", files: files{configPath: "[profile.a.b]\n[profile.a.oauth2]\nclient_id=\"k\"\n"}, want: map[string]string{"oauth2.client_id": "k", "profile": "a"}},
		{env: []string{"ES_OAUTH2__CLIENT_ID=e"}, profile: "p", files: files{configPath: "[profile.p]\n"}, want: map[string]string{"oauth2.client_id": "e", "profile": "p"}},
		{profile: "y", files: files{configPath: "[profile.x]\n"}, stops: true},
		{env: []string{"ES_PROFILE=x"}, files: files{configPath: ""}, stops: true},
		{env: []string{"ES_PROFILE=Default"}, files: files{configPath: "[profile.default]\noauth2.client_id=\"k\"\n"}, stops: true},
		{profile: "p", files: files{configPath: "[Profile.p]\noauth2.client_id=\"1\"\n[profile.p]\noauth2.client_id=\"2\"\n"}, want: map[string]string{"oauth2.client_id": "1", "profile": "p"}},
		{profile: "p", files: files{configPath: "[profile_settings_by_name.p]\noauth2.client_id=\"1\"\n[profile.q]\n"}, stops: true},
		{profile: "p", files: files{configPath: "[PROFILE_settings_BY_name.p]\noauth2.client_id=\"1\"\n"}, want: map[string]string{"oauth2.client_id": "1", "profile": "p"}},
	})
}
