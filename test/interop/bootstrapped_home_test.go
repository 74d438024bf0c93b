package interop_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// host is a home directory that is bootstrapped as earthscope_remote_host
// does it. Programs there are told nothing but HOME: what they know of the
// sandbox they have from the files.
type host struct {
	t      *testing.T
	server *identity.Server
	home   string
	tools  string
	before map[string]string
	login  identity.TokenSet

	wanted placement.Host
	ledger placement.Ledger
	pool   *remote.Pool
}

// shortLived makes everybody refresh every time.
const shortLived = 30 * time.Second

// What the user of the host had before; each must come through byte for byte.
var othersFiles = map[string]string{
	".profile":                "export EDITOR=vi",
	".earthscope/config.toml": "# mine\n[default.http]\ntimeout_read = 7.5   # slow link",
	"app.env":                 "OTHER=1 ",
	"compose.yml":             "services:\n  web:\n    image: x # mine\n  db: {image: y}\n",
}

func newHost(t *testing.T, options identity.Options, profile string) *host {
	t.Helper()
	w := newWorld(t, options)
	h := &host{t: t, server: w.server, home: w.home, tools: w.tools, login: w.server.Login(identity.User{})}
	for name, text := range othersFiles {
		writeFile(t, filepath.Join(h.home, name), text)
		if err := os.Chmod(filepath.Join(h.home, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.before = homeOf(t, h.home)
	// The provider's side, which knows the sandbox by its environment.
	loaded, _, err := settings.Load(settings.Request{Environ: []string{
		"HOME=" + t.TempDir(), "ES_OAUTH2__DOMAIN=" + w.server.URL(), "ES_RESOURCES__API_URL=" + w.server.URL(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := session.DecodeClaims(h.login.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	pushed := session.Fingerprint(h.login.RefreshToken)
	h.wanted = placement.Host{
		Profile: profile, Slug: settings.Slug(profile), Settings: placement.Deviations(loaded),
		Credential: placement.Credential{
			Kind: placement.RefreshToken, Secret: settings.NewSecret(h.login.RefreshToken), Fingerprint: pushed,
			Subject: claims.Subject, ClientID: claims.ClientID,
			Recognises: func(found string) bool { return session.Fingerprint(found) == pushed },
		},
	}
	h.pool = remote.NewPool(remote.Options{Home: h.home, Environ: []string{"HOME=" + h.home, "PATH=" + os.Getenv("PATH")}})
	t.Cleanup(func() { _ = h.pool.Close() })
	return h
}

// transact runs work on the home and keeps its ledger.
func (h *host) transact(work *placement.Work) {
	h.t.Helper()
	report, err := h.pool.Transact(h.t.Context(), remote.Target{Host: "localhost", Transport: remote.Local},
		remote.Transaction{Paths: work.Paths, Edit: work.Edit})
	if err != nil {
		h.t.Fatal(err)
	}
	h.ledger = work.Ledger(report.Results, false)
}

// place bootstraps the home with these files.
func (h *host) place(files ...placement.File) {
	h.t.Helper()
	h.wanted.Files = files
	h.transact(h.wanted.Apply(h.ledger, h.server.Now()))
}

// states says of every placed file how a refresh would find it.
func (h *host) states() map[string]string {
	h.t.Helper()
	work := h.wanted.Apply(h.ledger, h.server.Now())
	report, err := h.pool.Transact(h.t.Context(), remote.Target{Host: "localhost", Transport: remote.Local}, remote.Transaction{Paths: work.Paths})
	if err != nil {
		h.t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range h.wanted.Files {
		i := slices.Index(work.Paths, f.Path)
		found[f.Path] = h.wanted.Inspect(f, h.ledger.Files[f.Path], report.States[i], h.server.Now())
	}
	return found
}

// destroy takes everything out and compares the home with its start.
func (h *host) destroy() {
	h.t.Helper()
	h.transact(h.ledger.Remove())
	h.asBefore()
}

// asBefore asserts that the home is what it was at the start, and says so.
func (h *host) asBefore() bool {
	h.t.Helper()
	after, same := homeOf(h.t, h.home), true
	for name, content := range h.before {
		if after[name] != content {
			h.t.Errorf("after destroy %s is %q, want %q", name, after[name], content)
			same = false
		}
	}
	for name := range after {
		if _, ok := h.before[name]; !ok {
			h.t.Errorf("left behind: %s", name)
			same = false
		}
	}
	return same
}

// es runs the real CLI with this environment and nothing else.
func (h *host) es(environment []string, arguments ...string) (string, error) {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(h.t.Context(), cli(h.t), arguments...)
	command.Env = append([]string{"HOME=" + h.home, "PATH=" + h.tools}, environment...)
	command.Dir = h.home
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	return strings.TrimSuffix(stdout.String(), "\n"), err
}

// authenticates asserts that the API takes the CLI for the pushed user.
func (h *host) authenticates(environment []string, arguments ...string) {
	h.t.Helper()
	profile, err := h.es(environment, append([]string{"user", "get-profile"}, arguments...)...)
	if want := identity.DefaultUser().PrimaryEmail; err != nil || !strings.Contains(profile, want) {
		h.t.Errorf("es user get-profile: %v, without %q", err, want)
	}
}

// actsFor asserts whose access token from the sandbox the CLI prints.
func (h *host) actsFor(subject string, environment []string, arguments ...string) {
	h.t.Helper()
	access, err := h.es(environment, append([]string{"user", "get-access-token"}, arguments...)...)
	if err != nil {
		h.t.Fatalf("es user get-access-token: %v", err)
	}
	claims, err := session.DecodeClaims(access)
	if err != nil || claims.Issuer != h.server.URL() || claims.Subject != subject {
		h.t.Errorf("the token is for %q from %q (%v), want %q from %q", claims.Subject, claims.Issuer, err, subject, h.server.URL())
	}
}

// refreshes lets the CLI refresh several times, as in months of use.
func (h *host) refreshes(environment []string, times int, arguments ...string) {
	h.t.Helper()
	for range times {
		before := h.server.Requests().Refreshes()
		if _, err := h.es(environment, append([]string{"user", "get-access-token"}, arguments...)...); err != nil {
			h.t.Fatalf("es user get-access-token: %v", err)
		}
		if got := h.server.Requests().Refreshes() - before; got != 1 {
			h.t.Errorf("%d refreshes, want 1", got)
		}
	}
	if spent := h.server.SpentTwice(); len(spent) != 0 || h.server.FamilyRevoked(h.login.RefreshToken) {
		h.t.Errorf("the session was lost; tokens sent twice: %v", spent)
	}
}

// conflicts are the kinds of what the plan would warn of.
func (h *host) conflicts(rotation bootstrap.Rotation) []bootstrap.ConflictKind {
	var kinds []bootstrap.ConflictKind
	for _, conflict := range h.wanted.Conflicts(rotation) {
		kinds = append(kinds, conflict.Kind)
	}
	return kinds
}

// homeOf is every file of a home with its mode and content.
func homeOf(t *testing.T, home string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(home, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == home {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(home, name)
		if err != nil {
			return err
		}
		found[relative] = info.Mode().String()
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(name)
			found[relative] += " " + string(content)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// tool returns a program's path, or skips loudly.
func tool(t *testing.T, name, why string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "NOT TESTED: "+why+": "+name+" is not installed")
	}
	return path
}

// output runs a program of a test's and returns what it prints.
func output(t *testing.T, environ []string, name string, arguments ...string) []byte {
	t.Helper()
	return outputIn(t.Context(), t, "", environ, name, arguments...)
}

func outputIn(ctx context.Context, t *testing.T, folder string, environ []string, name string, arguments ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env, command.Stderr = folder, environ, &stderr
	printed, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, &stderr)
	}
	return printed
}
