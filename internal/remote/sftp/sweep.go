package sftp

import (
	"math/rand/v2"
	"path"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// staleAfter is how old, in seconds of the server's clock, another process's
// temporary file must be before it is taken for left behind.
const staleAfter = 60

// sweep removes temporary files that a connection cut earlier left behind: ours
// at once, since one process writes to an account one after the other; those of
// others when they are old.
func (t *transaction) sweep(changes []*change) {
	for _, c := range changes {
		if c.listing == "" {
			continue
		}
		names := t.list(c.listing)
		own := path.Base(c.temp)
		now := names[own].modified
		for name, attr := range names {
			suffix, ours := strings.CutPrefix(name, files.TempPrefix)
			if !ours || name == own || len(suffix) != 10 || inUse(changes, name) {
				continue
			}
			if strings.HasPrefix(suffix, t.owned) || now > attr.modified+staleAfter {
				t.client.onPath(typeRemove, path.Join(c.found.dir, name))
			}
		}
		t.client.close(c.listing)
	}
}

func inUse(changes []*change, name string) bool {
	for _, c := range changes {
		if path.Base(c.temp) == name {
			return true
		}
	}
	return false
}

// list reads up to ten batches of a directory; OpenSSH sends 100 names in each.
func (t *transaction) list(handle string) map[string]attributes {
	names := make(map[string]attributes)
	for range 10 {
		d, err := t.client.send(typeReaddir, encoder(nil).text(handle)).wait(typeName)
		if err != nil {
			break
		}
		for count := d.uint32(); count > 0 && d.err == nil; count-- {
			name := d.text()
			d.bytes() // the line of ls, for people
			names[name] = d.attributes()
		}
	}
	return names
}

func randomLetters(count int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, count)
	for i := range text {
		text[i] = letters[rand.IntN(len(letters))] //nolint:gosec // a name, opened with O_EXCL
	}
	return string(text)
}
