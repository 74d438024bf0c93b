package placement

import (
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// Only what holds the token counts, by its own kind, style and number of
// services.
func TestConflicts_placementsThatHoldTheToken(t *testing.T) {
	t.Parallel()
	boot := envFile
	boot.Style = bootstrap.StyleBootstrap
	many := composed
	many.Services, many.Style = []string{"a", "b", "c"}, bootstrap.StyleBootstrap
	for name, test := range map[string]struct {
		files    []File
		kind     CredentialKind
		rotation bootstrap.Rotation
		want     []bootstrap.ConflictKind
		loser    string
	}{
		"tokens.json":                  {files: []File{tokensFile}, kind: RefreshToken, rotation: bootstrap.Rotating},
		"config.toml":                  {files: []File{configFile}, kind: RefreshToken, rotation: bootstrap.Rotating, want: []bootstrap.ConflictKind{bootstrap.BreaksUnderRotation}, loser: ConfigPath},
		"config.toml without token":    {files: []File{tokensFile, withoutToken(configFile)}, kind: RefreshToken, rotation: bootstrap.Rotating},
		"both":                         {files: []File{tokensFile, configFile}, kind: RefreshToken, rotation: bootstrap.NotRotating, want: []bootstrap.ConflictKind{bootstrap.Masks}, loser: tokensPath},
		"a client in both":             {files: []File{tokensFile, configFile}, kind: ClientCredentials, rotation: bootstrap.Rotating}, // tokens.json holds no secret of a client
		"bootstrap":                    {files: []File{boot}, kind: RefreshToken, rotation: bootstrap.Rotating},
		"containers":                   {files: []File{many}, kind: RefreshToken, rotation: bootstrap.Rotating, want: []bootstrap.ConflictKind{bootstrap.SeveralHolders, bootstrap.NeedsLastingHome}, loser: "~/compose.yaml"},
		"an access token in variables": {files: []File{envFile}, kind: AccessToken, rotation: bootstrap.Rotating, want: []bootstrap.ConflictKind{bootstrap.Expires}, loser: "~/a/node.env"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := refreshing(test.files...)
			host.Credential.Kind = test.kind
			found := host.Conflicts(test.rotation)
			if len(found) != len(test.want) {
				t.Fatalf("got %d conflicts, want %d: %v", len(found), len(test.want), found)
			}
			for i, c := range found {
				if c.Kind != test.want[i] || c.Loser.Path != test.loser || c.WayOut == "" {
					t.Errorf("conflict %d is %d of %s: %s", i, c.Kind, c.Loser.Path, c.Message())
				}
			}
		})
	}
}

func TestHost_modeAndToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file  File
		kind  CredentialKind
		holds bool
		mode  uint32
	}{
		"tokens.json":           {tokensFile, RefreshToken, true, 0o600},
		"tokens.json, client":   {tokensFile, ClientCredentials, false, 0},
		"tokens.json, access":   {tokensFile, AccessToken, true, 0o600},
		"config.toml":           {configFile, ClientCredentials, true, 0o600},
		"without a token":       {withoutToken(configFile), RefreshToken, false, 0},
		"a mode of its own":     {withMode(configFile, 0o640), RefreshToken, true, 0o640},
		"its own, and no token": {withMode(withoutToken(envFile), 0o644), RefreshToken, false, 0o644},
	} {
		host := refreshing(test.file)
		host.Credential.Kind = test.kind
		if got := host.HoldsToken(test.file); got != test.holds {
			t.Errorf("%s: holds a token: %v", name, got)
		}
		if got := host.Mode(test.file); uint32(got) != test.mode {
			t.Errorf("%s: mode %04o, want %04o", name, got, test.mode)
		}
	}
}

// What differs is named with the setting, never with a value, whatever the
// format.
func TestInspect_everyFormat(t *testing.T) {
	t.Parallel()
	hosts := []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}, {Key: "oauth2.allowed_hosts", Value: []any{"a"}}}
	for kind, f := range map[string]File{
		"config":    configFile,
		"dotenv":    envFile,
		"shell":     {Path: "~/x.sh", Kind: Environment, Format: bootstrap.FormatShell, Style: bootstrap.StyleVariables},
		"systemd":   {Path: "~/x.env", Kind: Environment, Format: bootstrap.FormatSystemd, Style: bootstrap.StyleVariables},
		"bootstrap": {Path: "~/b.env", Kind: Environment, Format: bootstrap.FormatShell, Style: bootstrap.StyleBootstrap},
		"compose":   composed,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			host := refreshing(f)
			host.Settings = hosts
			ledger := m.must(host.Apply(Ledger{}, now))
			entry, complete := ledger.Files[f.Path], m.content[f.Path]
			for _, test := range []struct {
				change func(string) string
				want   string
			}{
				{func(s string) string { return s }, InSync},
				{func(s string) string { return strings.ReplaceAll(s, token, "v1.other") }, "token differs"},
				{func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `="7"`, `="8"`), "7", "8") }, "settings differ: http.timeout_read"},
				{func(string) string { return "" }, "entries missing: http.timeout_read, oauth2.allowed_hosts, oauth2.refresh_token"},
			} {
				m.content[f.Path] = test.change(complete)
				if got := host.Inspect(f, entry, m.state(f.Path), now); got != test.want {
					t.Errorf("%q is %q, want %q", m.content[f.Path], got, test.want)
				}
				m.must(host.Apply(ledger, now))
				if got := host.Inspect(f, entry, m.state(f.Path), now); got != InSync {
					t.Errorf("after a repair it is %q", got)
				}
			}
			m.content[f.Path] = complete
			fewer := host
			fewer.Settings = hosts[:1]
			if got := fewer.Inspect(f, entry, m.state(f.Path), now); !strings.HasPrefix(got, "entries to remove: ") || strings.Contains(got, token) {
				t.Errorf("with a setting less it is %q", got)
			}
			ledger = m.must(fewer.Apply(ledger, now))
			if got := fewer.Inspect(f, ledger.Files[f.Path], m.state(f.Path), now); got != InSync || strings.Contains(m.content[f.Path], "allowed_hosts") {
				t.Errorf("then it is %q: %q", got, m.content[f.Path])
			}
		})
	}
}

// A file that cannot be edited is left as it is, with the path in the error.
func TestApply_refusesWhatCannotBeEdited(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    File
		content string
		state   string
	}{
		"TOML":              {configFile, "[profile\n", "not valid: line 1"},
		"TOML 1.1":          {configFile, "a = {b = 1,}\n", "not valid: line 1"},
		"an open quote":     {File{Path: "~/x.sh", Kind: Environment, Format: bootstrap.FormatShell, Style: bootstrap.StyleVariables}, "A='v1.secret\n", "not valid: line 1"},
		"YAML":              {composed, "services: [\n", "not valid: line 2"},
		"several documents": {composed, "a: 1\n---\nb: 1\n", "not editable"},
		"a flow mapping":    {composed, "services: {web: {image: v1.secret}}\n", "entries missing: oauth2.refresh_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{test.file.Path: test.content})
			before := m.snapshot()
			host := refreshing(tokensFile, test.file)
			_, err := m.run(host.Apply(Ledger{}, now))
			failure, isFile := err.(*FileError) //nolint:errorlint // the outermost error is what is asked for
			if !isFile || failure.Path != test.file.Path || strings.Contains(err.Error(), "v1.secret") {
				t.Errorf("error = %v", err)
			}
			m.mustBe(before)
			if got := host.Inspect(test.file, Entry{}, m.state(test.file.Path), now); got != test.state {
				t.Errorf("state = %q, want %q", got, test.state)
			}
			// A placement that was put in before the file broke cannot be taken out either.
			ledger := Ledger{Profile: "default", Slug: "default", Files: map[string]Entry{test.file.Path: {File: test.file, Record: bootstrap.Record{Keys: []string{"x"}}}}}
			if _, err := m.run(ledger.Remove()); (err == nil) != (name == "a flow mapping") {
				t.Errorf("removing: %v", err)
			}
			m.mustBe(before)
		})
	}
}

// Another dialect, style or set of services takes the former entries along.
func TestApply_anotherWayToWriteAFile(t *testing.T) {
	t.Parallel()
	environment := func(format bootstrap.EnvFormat, style bootstrap.Style) File {
		return File{Path: "~/node.env", Kind: Environment, Format: format, Style: style}
	}
	compose := func(style bootstrap.Style, services ...string) File {
		return File{Path: "~/node.env", Kind: Compose, Style: style, Services: services}
	}
	ways := map[string]File{
		"dotenv": environment(bootstrap.FormatDotenv, bootstrap.StyleVariables), "shell": environment(bootstrap.FormatShell, bootstrap.StyleVariables),
		"systemd": environment(bootstrap.FormatSystemd, bootstrap.StyleVariables), "bootstrap": environment(bootstrap.FormatShell, bootstrap.StyleBootstrap),
		"web": compose(bootstrap.StyleVariables, "web"), "web and db": compose(bootstrap.StyleBootstrap, "web", "db"), "db": compose(bootstrap.StyleVariables, "db"),
		"TOML": {Path: "~/node.env", Kind: Config},
	}
	for _, content := range []string{"", "# theirs\n", "# theirs"} {
		for from, first := range ways {
			for to, second := range ways {
				m := newMachine(t, map[string]string{"~/node.env": content})
				before := m.snapshot()
				host := refreshing(first)
				ledger := m.must(host.Apply(Ledger{}, now))
				host.Files = []File{second}
				ledger = m.must(host.Apply(ledger, now))
				mustBeInSync(t, m, host, ledger)
				fresh := newMachine(t, map[string]string{"~/node.env": content})
				fresh.must(host.Apply(Ledger{}, now))
				// A Compose file that keeps its services keeps their mark and their order.
				stays := first.Kind == Compose && second.Kind == Compose
				if got, want := m.content["~/node.env"], fresh.content["~/node.env"]; got != want && !stays {
					t.Errorf("%s to %s: got %q, want %q", from, to, got, want)
				}
				m.must(ledger.Remove())
				if got := m.snapshot(); got != before {
					t.Errorf("%s to %s: left is\n%s", from, to, got)
				}
			}
		}
	}
}

// A file that vanishes is written anew; its record starts over.
func TestApply_fileVanished(t *testing.T) {
	t.Parallel()
	for held, placed := range holdings {
		m := newMachine(t, nil)
		before := m.snapshot()
		host := refreshing(placed...)
		host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
		ledger := m.must(host.Apply(Ledger{}, now))
		complete := m.snapshot()
		for _, f := range placed {
			m.change(files.Change{Path: f.Path, Delete: true}, &files.Result{})
			if got := host.Inspect(f, ledger.Files[f.Path], m.state(f.Path), now); got != "missing" {
				t.Errorf("%s: %s is %q", held, f.Path, got)
			}
		}
		ledger = m.must(host.Apply(ledger, now.Add(time.Hour)))
		if got := m.snapshot(); got != complete {
			t.Errorf("%s: got\n%s\nwant\n%s", held, got, complete)
		}
		for _, f := range placed {
			m.change(files.Change{Path: f.Path, Delete: true}, &files.Result{})
		}
		m.must(ledger.Remove())
		m.mustBe(before)
	}
}
