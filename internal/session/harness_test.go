package session_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// TestMain lets this test binary be the process that finishes a refresh.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "finish-refresh" {
		if err := session.FinishRefresh(context.Background(), os.Stdin, os.Stdout, os.Environ()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "get-token" {
		os.Exit(getToken(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// clock is a clock that moves only when told to, or when someone sleeps by it.
type clock struct {
	mutex sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock {
	return &clock{now: time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// world is a home directory, an identity server and the clock they share.
type world struct {
	t      *testing.T
	server *identity.Server
	clock  *clock
	home   string
	logs   *bytes.Buffer
	secret []string // every token ever seen, which nothing may print
}

func newWorld(t *testing.T, options identity.Options) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), home: t.TempDir(), logs: &bytes.Buffer{}}
	if options.Now == nil {
		options.Now = w.clock.Now
	}
	if options.AccessTokenLifetime == 0 {
		options.AccessTokenLifetime = time.Hour
	}
	server, err := identity.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	w.server = server
	return w
}

// temporaryFolder gives the test a temporary folder that nobody else uses.
func temporaryFolder(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, folder)
	}
}

// login makes a login at the server.
func (w *world) login() identity.TokenSet {
	set := w.server.Login(identity.User{})
	w.secret = append(w.secret, set.AccessToken, set.RefreshToken, set.IDToken)
	return set
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.home, ".earthscope"}, parts...)...)
}

// writeLogin puts tokens into a profile's tokens.json as the CLI does.
func (w *world) writeLogin(profile string, set identity.TokenSet) {
	w.t.Helper()
	data := settings.FormatTokens(settings.Tokens{
		AccessToken: settings.NewSecret(set.AccessToken), RefreshToken: settings.NewSecret(set.RefreshToken),
	})
	w.write(data, profile, "tokens.json")
}

func (w *world) write(data []byte, parts ...string) {
	w.t.Helper()
	file := w.path(parts...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// tokens reads a profile's tokens.json.
func (w *world) tokens(profile string) settings.Tokens {
	w.t.Helper()
	data, err := os.ReadFile(w.path(profile, "tokens.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	tokens, err := settings.ParseTokens(data)
	if err != nil {
		w.t.Fatal(err)
	}
	return tokens
}

// snapshot reads every file below the home, so that a test can say that
// nothing changed.
func (w *world) snapshot() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(w.home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".lock") {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, w.home)] = string(data)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

// setup is how one session is configured.
type setup struct {
	arguments map[string]string
	env       []string
	profile   string
	options   session.Options
}

func (w *world) settings(s setup) *settings.Settings {
	w.t.Helper()
	// Of two equal names the first counts, as in a process's environment.
	env := append(slices.Clone(s.env), "HOME="+w.home, "USERPROFILE="+w.home, "ES_OAUTH2__DOMAIN="+w.server.URL())
	names := map[string]string{}
	for key := range s.arguments {
		names[key] = strings.TrimPrefix(key, "oauth2.")
	}
	loaded, _, err := settings.Load(settings.Request{Arguments: s.arguments, ArgumentNames: names, Environ: env, Profile: s.profile})
	if err != nil {
		w.t.Fatal(err)
	}
	return loaded
}

// open makes a session as one provider process would.
func (w *world) open(s setup) *session.Session {
	w.t.Helper()
	opened, err := session.New(w.options(s))
	if err != nil {
		w.t.Fatal(err)
	}
	return opened
}

func (w *world) options(s setup) session.Options {
	o := s.options
	o.Settings = w.settings(s)
	o.Persist = o.Store == nil || o.Persist
	o.Now, o.Sleep = w.clock.Now, w.clock.sleep
	o.Log = slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return o
}

// token gets a token that must be had.
func (w *world) token(s *session.Session, minTTL time.Duration) session.Token {
	w.t.Helper()
	token, err := s.Token(w.t.Context(), minTTL)
	if err != nil {
		w.t.Fatalf("Token: %v", err)
	}
	w.secret = append(w.secret, token.AccessToken.Reveal())
	return token
}

// refused gets an error of the given kind and checks that it is fit to print.
func (w *world) refused(s *session.Session, kind session.Kind) *session.Error {
	w.t.Helper()
	_, err := s.Token(w.t.Context(), 0)
	return w.checkError(err, kind)
}

func (w *world) checkError(err error, kind session.Kind) *session.Error {
	w.t.Helper()
	failure, ok := err.(*session.Error) //nolint:errorlint // the documented type
	if !ok {
		w.t.Fatalf("error is %T (%v), want *session.Error", err, err)
	}
	if failure.Kind != kind {
		w.t.Errorf("kind = %q, want %q (%v)", failure.Kind, kind, failure)
	}
	if failure.Summary == "" || failure.Detail == "" {
		w.t.Errorf("error without summary or detail: %+v", failure.Summary)
	}
	w.clean(failure.Error())
	w.clean(w.logs.String())
	return failure
}

// clean fails if text holds a token or a base64 form of one.
func (w *world) clean(text string) {
	w.t.Helper()
	for _, secret := range w.secret {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				w.t.Errorf("a secret is in: %.200q", text)
			}
		}
	}
}

// requests asserts how many token requests there have been since the last call.
func (w *world) requests(want int) {
	w.t.Helper()
	if got := w.server.Requests().TokenRequests(); got != want {
		w.t.Errorf("token requests = %d, want %d", got, want)
	}
	w.server.ResetRequests()
}

// neverTwice asserts that no retired token was sent.
func (w *world) neverTwice() {
	w.t.Helper()
	if spent := w.server.SpentTwice(); len(spent) != 0 {
		w.t.Errorf("refresh tokens sent after they had a successor: %v", spent)
	}
}

// notices asserts the summaries of what a session had to tell.
func (w *world) notices(s *session.Session, want ...string) []session.Notice {
	w.t.Helper()
	got := s.Notices()
	var summaries []string
	for _, n := range got {
		summaries = append(summaries, n.Summary)
		w.clean(n.Summary + n.Detail)
	}
	if strings.Join(summaries, "|") != strings.Join(want, "|") {
		w.t.Errorf("notices = %q, want %q", summaries, want)
	}
	return got
}

func envToken(set identity.TokenSet) setup {
	return setup{env: []string{"ES_OAUTH2__REFRESH_TOKEN=" + set.RefreshToken}}
}

func contextCancelled(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}
