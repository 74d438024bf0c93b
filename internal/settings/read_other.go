//go:build !windows

package settings

import "os"

// ReadFile reads a whole file, as os.ReadFile does. On Windows it waits for
// whoever is replacing the file. Errors are those of os.ReadFile.
func ReadFile(name string) ([]byte, error) {
	return os.ReadFile(name) //nolint:gosec // what the user's settings name
}
