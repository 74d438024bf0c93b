package placement

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const (
	token     = "v1.pushed"
	successor = "v1.successor"
	subject   = "auth0|one"
	clientID  = "client"
)

var (
	now        = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tokensPath = TokensPath("default")
)

// accessToken is an unsigned JSON Web Token: only its claims are looked at.
func accessToken(t *testing.T, subject, client string, issued time.Time, life time.Duration) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"sub": subject, "azp": client, "iat": issued.Unix(), "exp": issued.Add(life).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode(claims) + ".c2ln"
}

func tokensJSON(access, refresh string) string {
	return fmt.Sprintf("{\n  \"access_token\": %q,\n  \"refresh_token\": %q\n}", access, refresh)
}

// refreshing is a host that gets the token into the given files.
func refreshing(placed ...File) Host {
	return Host{
		Profile: "default", Slug: "default", Files: placed,
		Credential: Credential{
			Kind: RefreshToken, Secret: settings.NewSecret(token), Subject: subject, ClientID: clientID, Fingerprint: session.Fingerprint(token),
			Recognises: func(found string) bool { return found == token },
		},
	}
}

// machine is a host's files in memory. Folders are those that files lie in and
// those listed.
type machine struct {
	t       *testing.T
	content map[string]string
	modes   map[string]fs.FileMode
	owners  map[string]string // user:group, numbers for those that were there
	folders map[string]bool
	broken  map[string]error
	// after is how many changes are made before the connection is lost; -1 is
	// all of them. refused says that the host refused the next one instead.
	after   int
	refused bool
}

func newMachine(t *testing.T, content map[string]string) *machine {
	t.Helper()
	m := &machine{t: t, content: map[string]string{}, modes: map[string]fs.FileMode{}, owners: map[string]string{}, folders: map[string]bool{"~": true, "/": true}, broken: map[string]error{}, after: -1}
	for at, text := range content {
		m.write(at, text, 0o644)
	}
	return m
}

func (m *machine) write(at, text string, mode fs.FileMode) []string {
	m.content[at], m.modes[at] = text, mode
	if m.owners[at] == "" {
		m.owners[at] = "1000:1000"
	}
	var made []string
	for folder := path.Dir(at); !m.folders[folder]; folder = path.Dir(folder) {
		m.folders[folder] = true
		made = append(made, folder)
	}
	slices.Reverse(made)
	return made
}

func (m *machine) state(at string) files.State {
	text, exists := m.content[at]
	state := files.State{Path: at, ResolvedPath: "/home/geo" + strings.TrimPrefix(at, "~"), Exists: exists, Err: m.broken[at], Mode: m.modes[at], Owner: "geo", UID: 1000, Group: "geo", GID: 1000}
	if exists {
		state.Content = []byte(text)
		if owner, group, _ := strings.Cut(m.owners[at], ":"); m.owners[at] != "1000:1000" {
			state.Owner, state.UID, state.Group, state.GID = owner, 2000, group, 2000
		}
	}
	for folder := path.Dir(at); !m.folders[folder]; folder = path.Dir(folder) {
		state.MissingDirs = append(state.MissingDirs, folder)
	}
	slices.Reverse(state.MissingDirs)
	return state
}

func (m *machine) states(paths ...string) []files.State {
	states := make([]files.State, 0, len(paths))
	for _, at := range paths {
		states = append(states, m.state(at))
	}
	return states
}

// run carries a work out and returns the ledger that follows.
func (m *machine) run(w *Work) (Ledger, error) {
	m.t.Helper()
	changes, err := w.Edit(m.states(w.Paths...))
	if err != nil {
		return w.Ledger(nil, false), err
	}
	results := make([]files.Result, 0, len(w.Paths))
	done := 0
	for _, at := range w.Paths {
		result := files.Result{Path: at, Outcome: files.Unchanged}
		if i := slices.IndexFunc(changes, func(c files.Change) bool { return c.Path == at }); i >= 0 {
			if m.after >= 0 && done >= m.after {
				result.Outcome = files.Pending
			} else {
				m.change(changes[i], &result)
			}
			done++
		}
		results = append(results, result)
	}
	return w.Ledger(results, m.after >= 0 && !m.refused), nil
}

func (m *machine) change(c files.Change, result *files.Result) {
	m.t.Helper()
	if !c.Delete {
		mode := c.Mode
		if former, exists := m.modes[c.Path]; mode == 0 && exists {
			mode = former
		} else if mode == 0 {
			mode = files.DefaultMode
		}
		result.Outcome, result.CreatedDirs = files.Written, m.write(c.Path, string(c.Content), mode)
		owner, group, _ := strings.Cut(m.owners[c.Path], ":")
		m.owners[c.Path] = cmp.Or(c.Owner, owner) + ":" + cmp.Or(c.Group, group)
		return
	}
	result.Outcome = files.Deleted
	delete(m.content, c.Path)
	delete(m.modes, c.Path)
	delete(m.owners, c.Path)
	if _, err := files.RemovalLevels(c.Path, c.RemoveDirs); err != nil {
		m.t.Errorf("folders to remove: %v", err)
	}
	for folder := path.Dir(c.Path); slices.Contains(c.RemoveDirs, folder) && m.isEmpty(folder); folder = path.Dir(folder) {
		delete(m.folders, folder)
	}
}

func (m *machine) isEmpty(folder string) bool {
	for at := range m.content {
		if strings.HasPrefix(at, folder+"/") {
			return false
		}
	}
	for other := range m.folders {
		if strings.HasPrefix(other, folder+"/") {
			return false
		}
	}
	return true
}

func (m *machine) must(w *Work) Ledger {
	m.t.Helper()
	ledger, err := m.run(w)
	if err != nil {
		m.t.Fatal(err)
	}
	return ledger
}

// snapshot is everything on the machine.
func (m *machine) snapshot() string {
	var lines []string
	for at, text := range m.content {
		lines = append(lines, fmt.Sprintf("%s %04o %s %q", at, m.modes[at], m.owners[at], text))
	}
	for folder := range m.folders {
		lines = append(lines, folder+"/")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (m *machine) mustBe(want string) {
	m.t.Helper()
	if got := m.snapshot(); got != want {
		m.t.Errorf("the host has\n%s\nwant\n%s", got, want)
	}
}

var (
	tokensFile = File{Path: tokensPath, Kind: Tokens}
	configFile = File{Path: ConfigPath, Kind: Config}
	envFile    = File{Path: "~/a/node.env", Kind: Environment, Format: bootstrap.FormatDotenv, Style: bootstrap.StyleVariables}
	composed   = File{Path: "~/compose.yaml", Kind: Compose, Style: bootstrap.StyleVariables, Services: []string{"web"}}
)

func withoutToken(f File) File { f.WithoutToken = true; return f }

func withMode(f File, mode fs.FileMode) File { f.Mode = mode; return f }

// renewed is another lineage's credential of the same user.
func renewed(c Credential, secret string) Credential {
	c.Secret, c.Fingerprint, c.Replace = settings.NewSecret(secret), session.Fingerprint(secret), true
	c.Recognises = func(found string) bool { return found == secret }
	return c
}
