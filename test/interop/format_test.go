package interop_test

import (
	"os"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// For the same tokens the SDK and we write the same bytes, mode included.
func TestTokensFile_sameBytes(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{})
	set := w.server.Login(identity.User{})
	for title, held := range map[string]tokens{
		"all":          {Access: set.AccessToken, ID: set.IDToken, Refresh: set.RefreshToken},
		"no id token":  {Access: set.AccessToken, Refresh: set.RefreshToken},
		"refresh only": {Refresh: set.RefreshToken},
		"access only":  {Access: set.AccessToken},
		"odd characters": {
			Access:  "a.b",
			Refresh: "quote \" backslash \\ slash / <b>&amp; é 🌋 \u2028 \x7f tab\t newline\n null\x00 \x1f",
		},
	} {
		answer := python.ask(question{Call: "write", Env: w.environment(), Tokens: &held})
		if answer.Error != "" {
			t.Fatalf("%s: the SDK stopped with %s: %s", title, answer.Error, answer.Message)
		}
		ours := settings.FormatTokens(settings.Tokens{
			AccessToken: settings.NewSecret(held.Access), IDToken: settings.NewSecret(held.ID), RefreshToken: settings.NewSecret(held.Refresh),
		})
		// Made-up tokens; only the odd ones are worth showing.
		if theirs := w.read("default", "tokens.json"); string(ours) != theirs {
			t.Errorf("%s: our %d bytes differ from the SDK's %d\n%q\n%q", title, len(ours), len(theirs), ours, theirs)
		}
		if got := w.stored("default"); got != held {
			t.Errorf("%s: we read other tokens than the SDK wrote", title)
		}
	}
}

// The same answer of the identity server leaves the same file, whoever asked.
func TestTokensFile_sameAfterARefresh(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		python := startSDK(t)
		theirs := newWorld(t, identity.Options{Rotating: rotating})
		theirs.expiring()
		theirs.login("default", identity.User{})
		theirs.lasting()
		python.tokens(theirs, ifNecessary)
		theirs.requests(1)
		written := theirs.read("default", "tokens.json")
		held := theirs.stored("default")
		if held.ID == "" {
			t.Fatal("the answer had no ID token, so that its place was not compared")
		}

		// We read that file and write it again, from its parts.
		again := settings.FormatTokens(settings.Tokens{
			AccessToken: settings.NewSecret(held.Access), IDToken: settings.NewSecret(held.ID), RefreshToken: settings.NewSecret(held.Refresh),
		})
		if string(again) != written {
			t.Error("our bytes differ from what the SDK saved of the same answer")
		}

		ours := newWorld(t, identity.Options{Rotating: rotating})
		ours.expiring()
		ours.login("default", identity.User{})
		ours.lasting()
		ours.ours()
		ours.requests(1)
		saved := ours.stored("default")
		answer := python.ask(question{Call: "write", Env: theirs.environment(), Tokens: &saved})
		if answer.Error != "" {
			t.Fatalf("the SDK stopped with %s: %s", answer.Error, answer.Message)
		}
		if theirs.read("default", "tokens.json") != ours.read("default", "tokens.json") {
			t.Error("what we saved of an answer differs from what the SDK writes for it")
		}
		for _, w := range []*world{theirs, ours} {
			info, err := os.Stat(w.path("default", "tokens.json"))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode %o, want 600", info.Mode().Perm())
			}
		}
	})
}
