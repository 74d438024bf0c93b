package sftp

import (
	"os"
	"testing"
)

// TestTransact_symlinkedHome has a home directory that is a link, as automounters
// have it: a path below it means the same however it is spelled.
func TestTransact_symlinkedHome(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	home := root + "/home"
	must(t, os.MkdirAll(root+"/data/u 1", 0o700), os.Symlink("data/u 1", home))
	for _, path := range []string{"~/.earthscope/tokens.json", home + "/.earthscope/tokens.json"} {
		if _, err := transact(t, home, replaceWith(path), path); err != nil {
			t.Fatal(err)
		}
		report, err := transact(t, home, nil, path)
		if err != nil {
			t.Fatal(err)
		}
		state := report.States[0]
		if string(state.Content) != path || state.ResolvedPath != root+"/data/u 1/.earthscope/tokens.json" || report.Home != root+"/data/u 1" {
			t.Errorf("%s: content %q at %s, home %s, %v", path, state.Content, state.ResolvedPath, report.Home, state.Err)
		}
	}
}
