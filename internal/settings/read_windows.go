package settings

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ReadFile reads a whole file, as os.ReadFile does, and waits up to half a second
// for whoever is replacing the file: Windows refuses to open it for that long.
// Errors are those of os.ReadFile.
func ReadFile(name string) ([]byte, error) {
	const (
		errSharingViolation syscall.Errno = 32
		tries                             = 20
		pause                             = 25 * time.Millisecond
	)
	var data []byte
	var err error
	for range tries {
		if data, err = os.ReadFile(name); !errors.Is(err, errSharingViolation) { //nolint:gosec // what the user's settings name
			break
		}
		time.Sleep(pause)
	}
	return data, err
}
