package session

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// rename retries while another process has the target open: Windows refuses
// the replacement for that long (a scanner, the CLI reading its tokens).
func rename(from, to string) error {
	const (
		errSharingViolation syscall.Errno = 32
		tries                             = 20
		pause                             = 25 * time.Millisecond
	)
	var err error
	for range tries {
		err = os.Rename(from, to)
		if err == nil || (!errors.Is(err, errSharingViolation) && !errors.Is(err, syscall.ERROR_ACCESS_DENIED)) {
			return err
		}
		time.Sleep(pause)
	}
	return err
}

func syncDir(string) error { return nil }
