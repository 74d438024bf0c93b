//go:build unix

package session

import "os"

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a rename last through a power cut. File systems that cannot
// flush a folder refuse; the rename itself has happened by then, so that is no
// failure.
func syncDir(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // the folder of a file we have just written
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	_ = folder.Sync()
	return folder.Close()
}
