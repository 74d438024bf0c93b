package files

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestCleanPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"~/a": "~/a", "~/a//b/./c": "~/a/b/c", "/a//b": "/a/b", "//a": "/a", "~/.x/y z": "~/.x/y z", "~/-x": "~/-x", "/etc/ü": "/etc/ü",
	} {
		if got, err := CleanPath(given); err != nil || got != want {
			t.Errorf("CleanPath(%q) = %q, %v, want %q", given, got, err, want)
		}
	}
	for _, given := range []string{"", "a", "./a", "~", "~/", "/", "~bob/a", "/a/../b", "~/..", "/a/", "/a/.", "~/.", "a\nb", "/a\x00", "/\xff", "/" + strings.Repeat("x", 1024)} {
		var invalid *Error
		if got, err := CleanPath(given); !errors.As(err, &invalid) || invalid.Reason != InvalidPath {
			t.Errorf("CleanPath(%q) = %q, %v, want an invalid path", given, got, err)
		}
	}
}

func FuzzCleanPath(f *testing.F) {
	for _, seed := range []string{"~/a/b", "/a//b/.", "~", "/../a", "~/..a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		cleaned, err := CleanPath(given)
		if err != nil {
			return
		}
		again, err := CleanPath(cleaned)
		if err != nil || again != cleaned {
			t.Errorf("CleanPath(%q) = %q, which cleans to %q, %v", given, cleaned, again, err)
		}
		rest, home := strings.CutPrefix(cleaned, "~/")
		if !home && !strings.HasPrefix(cleaned, "/") || strings.ContainsAny(cleaned, "\n\x00") || rest == "" {
			t.Errorf("CleanPath(%q) = %q", given, cleaned)
		}
	})
}

func TestParentDirsAndLevels(t *testing.T) {
	t.Parallel()
	const path = "~/.earthscope/default/tokens.json"
	for count, want := range [][]string{nil, {"~/.earthscope/default"}, {"~/.earthscope", "~/.earthscope/default"}, {"~/.earthscope", "~/.earthscope/default"}} {
		if got := ParentDirs(path, count); !reflect.DeepEqual(got, want) {
			t.Errorf("ParentDirs(%d) = %q, want %q", count, got, want)
		}
	}
	for _, test := range []struct {
		dirs  []string
		want  int
		fails bool
	}{
		{nil, 0, false},
		{[]string{"~/.earthscope/default"}, 1, false},
		{[]string{"~/.earthscope/", "~/.earthscope/default/"}, 2, false},
		{[]string{"~/.earthscope"}, 0, true},
		{[]string{"~/.earthscope/default", "~/other"}, 0, true},
	} {
		if got, err := RemovalLevels(path, test.dirs); got != test.want || (err != nil) != test.fails {
			t.Errorf("RemovalLevels(%q) = %d, %v", test.dirs, got, err)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	old := State{Path: "/f", Exists: true, Content: []byte("old"), Mode: 0o640, UID: 1000, GID: 100, Owner: "ann", Group: "users"}
	absent := State{Path: "/f"}
	for name, test := range map[string]struct {
		state  State
		change Change
		uid    int
		needed bool
		mode   int
		owner  string
	}{
		"new":               {absent, Change{Content: []byte("x")}, 1000, true, 0o600, "-"},
		"new empty":         {absent, Change{}, 1000, true, 0o600, "-"},
		"new with owner":    {absent, Change{Owner: "bob", Mode: 0o644}, 0, true, 0o644, "bob"},
		"new with group":    {absent, Change{Group: "grp"}, 0, true, 0o600, ":grp"},
		"same":              {old, Change{Content: []byte("old")}, 1000, false, 0, ""},
		"same by name":      {old, Change{Content: []byte("old"), Owner: "ann", Group: "users", Mode: 0o640}, 1000, false, 0, ""},
		"same by number":    {old, Change{Content: []byte("old"), Owner: "1000", Group: "100"}, 1000, false, 0, ""},
		"content":           {old, Change{Content: []byte("new")}, 1000, true, 0o640, ":100"},
		"private content":   {old, Change{Content: []byte("new"), Mode: 0o600}, 1000, true, 0o600, "-"},
		"content by root":   {old, Change{Content: []byte("new"), Mode: 0o600}, 0, true, 0o600, "1000:100"},
		"mode only":         {old, Change{Content: []byte("old"), Mode: 0o600}, 1000, true, 0o600, "-"},
		"owner only":        {old, Change{Content: []byte("old"), Owner: "bob"}, 0, true, 0o640, "bob:100"},
		"group only":        {old, Change{Content: []byte("old"), Group: "wheel"}, 0, true, 0o640, "1000:wheel"},
		"delete":            {old, Change{Delete: true}, 1000, true, 0, "-"},
		"delete of nothing": {absent, Change{Delete: true}, 1000, false, 0, ""},
		"special bits":      {absent, Change{Mode: 0o4755}, 1000, true, 0o755, "-"},
	} {
		change := test.change
		change.Path = "/f"
		steps, err := Plan([]State{test.state}, []Change{change}, test.uid)
		switch {
		case err != nil || (len(steps) == 1) != test.needed:
			t.Errorf("%s: %d steps, %v", name, len(steps), err)
		case test.needed && (steps[0].Owner != test.owner || int(steps[0].Change.Mode) != test.mode):
			t.Errorf("%s: owner %q, mode %o", name, steps[0].Owner, steps[0].Change.Mode)
		}
	}
}

func TestPlan_refusals(t *testing.T) {
	t.Parallel()
	refused := &Error{Path: "/bad", Reason: NotRegular}
	states := []State{{Path: "/f"}, {Path: "/bad", Err: refused}}
	for name, changes := range map[string][]Change{
		"unknown":   {{Path: "/g"}},
		"twice":     {{Path: "/f"}, {Path: "/f"}},
		"refused":   {{Path: "/bad"}},
		"too large": {{Path: "/f", Content: make([]byte, MaxSize+1)}},
		"owner":     {{Path: "/f", Owner: "-x; rm"}},
		"group":     {{Path: "/f", Group: "a b"}},
		"dirs":      {{Path: "/f", Delete: true, RemoveDirs: []string{"/etc"}}},
	} {
		if steps, err := Plan(states, changes, 0); err == nil {
			t.Errorf("%s: %+v, want an error", name, steps)
		}
	}
	if steps, err := Plan(states, nil, 0); err != nil || steps != nil {
		t.Errorf("nothing to do: %v, %v", steps, err)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Reason{
		"dd: error writing '/x': No space left on device":                            NoSpace,
		"mv: cannot move 'a' to 'b': Device or resource busy":                        Busy,
		"mktemp: mkstemp failed on /x/.es.tmp.abc: Read-only file system":            ReadOnly,
		"dd: writing: Disk quota exceeded":                                           QuotaExceeded,
		"mkdir: cannot create directory 'x': Permission denied":                      PermissionDenied,
		"chown: changing ownership of 'x': Operation not permitted":                  PermissionDenied,
		"chown: invalid user: 'SECRET'":                                              UnknownOwner,
		"chown: bob: illegal user name":                                              UnknownOwner,
		"chown: unknown user/group bob:bob":                                          UnknownOwner,
		"mkdir: cannot create directory 'SECRET': Not a directory":                   NotDirectory,
		"dd: fsync failed for 'x': Input/output error":                               IOFailure,
		"something that nobody has ever seen SECRET":                                 OtherFailure,
		"sh: 1: cannot create /home/u/.es.tmp.x: Stale file handle":                  IOFailure,
		"mv: inter-device move failed: 'a' to 'b'; unable to remove: Is a directory": NotRegular,
	} {
		got := Classify("/f", "write", text)
		if got.Reason != want || strings.Contains(got.Error(), "SECRET") {
			t.Errorf("Classify(%q) = %v, want %s", text, got, want)
		}
	}
}

func TestReport_creditsDirectoriesOnce(t *testing.T) {
	t.Parallel()
	dirs := []string{"~/.es", "~/.es/p"}
	report := Report{States: []State{{Path: "~/.es/p/a", MissingDirs: dirs}, {Path: "~/.es/p/b", MissingDirs: dirs}, {Path: "~/c"}}}
	steps := []Step{{Index: 0, State: report.States[0]}, {Index: 1, State: report.States[1]}}
	report.Begin(steps)
	if report.Results[0].Outcome != Pending || report.Results[2].Outcome != Unchanged {
		t.Errorf("begin: %+v", report.Results)
	}
	report.Finish(steps[1], 0)
	report.Finish(steps[0], 0)
	if len(report.Results[0].CreatedDirs) != 0 || !reflect.DeepEqual(report.Results[1].CreatedDirs, dirs) {
		t.Errorf("finish: %+v", report.Results)
	}
}
