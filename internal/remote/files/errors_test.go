package files

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
)

// TestError_sentences compares whole sentences: each says what failed, why, and what
// to do.
func TestError_sentences(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"/f: permission denied (read); connect as the user who owns the file, or set become":   &Error{Path: "/f", Reason: PermissionDenied, Step: "read"},
		"~/d: not a regular file; name a regular file":                                         &Error{Path: "~/d", Reason: NotRegular},
		"/f/x: a parent is not a directory; check the path":                                    &Error{Path: "/f/x", Reason: NotDirectory},
		"/f: too large; files above 1048576 bytes are not edited":                              &Error{Path: "/f", Reason: TooLarge},
		"/l: symbolic link refused; name the file that the link leads to, or replace the link": &Error{Path: "/l", Reason: LinkRefused},
		"/l: link leads outside the home directory; name the file that the link leads to":      &Error{Path: "/l", Reason: OutsideHome},
		"/tmp/f: directory writable by others; every directory above a file that root writes must belong to root and be closed to other writers; become the file's owner instead":                                &Error{Path: "/tmp/f", Reason: UnsafeDirectory},
		"~/f: no home directory; give the user a home directory, or use an absolute path":                                                                                                                        &Error{Path: "~/f", Reason: NoHome},
		"/f: read-only file system (create); choose a path on a writable file system":                                                                                                                            &Error{Path: "/f", Reason: ReadOnly, Step: "create"},
		"/f: no space left (write); free space on the host":                                                                                                                                                      &Error{Path: "/f", Reason: NoSpace, Step: "write"},
		"/f: disk quota exceeded (write); free space in the user's quota":                                                                                                                                        &Error{Path: "/f", Reason: QuotaExceeded, Step: "write"},
		"/f: file can't be replaced while it is in use (rename); the file is mounted by itself (a container's bind mount): mount its directory instead; on NFS and the like, end the program that holds it open": &Error{Path: "/f", Reason: Busy, Step: "rename"},
		"/f: unknown owner or group (owner); create the user or group on the host first":                                                                                                                         &Error{Path: "/f", Reason: UnknownOwner, Step: "owner"},
		"/f: input/output error (flush); check the host's storage":                                                                                                                                               &Error{Path: "/f", Reason: IOFailure, Step: "flush"},
		"/f: operation failed (rename): the SFTP server can't replace a file in one step":                                                                                                                        &Error{Path: "/f", Reason: OtherFailure, Step: "rename", Detail: "the SFTP server can't replace a file in one step"},
		"x: invalid path: it is relative; start it with / or ~/":                                                                                                                                                 &Error{Path: "x", Reason: InvalidPath, Detail: "it is relative; start it with / or ~/"},
		"~/f: changed by somebody else between reading and writing; nothing was overwritten, try again":                                                                                                          &ConflictError{Path: "~/f"},
		"another writer holds the lock on the host's home directory; try again":                                                                                                                                  &BusyError{},
		"connection lost, nothing was written: gone":                                                                                                                                                             &LostError{Cause: errors.New("gone")},
		"connection lost before the host confirmed the write: gone":                                                                                                                                              &LostError{Sent: true, Cause: errors.New("gone")},
		"gone; a temporary file with mode 0600 may remain on the host (~/x): a write that comes a minute later or more removes it":                                                                               &RemainsError{Paths: []string{"~/x"}, Err: errors.New("gone")},
		"gone; temporary files with mode 0600 may remain on the host (~/x, /y): a write that comes a minute later or more removes it":                                                                            &RemainsError{Paths: []string{"~/x", "/y"}, Err: errors.New("gone")},
	} {
		if got := err.Error(); got != want {
			t.Errorf("error = %s\nwant    %s", got, want)
		}
	}
	cause := fs.ErrPermission
	for _, err := range []error{&LostError{Cause: cause}, &RemainsError{Err: &LostError{Cause: cause}}} {
		if !errors.Is(err, cause) {
			t.Errorf("%T hides its cause", err)
		}
	}
}

// TestReasons_haveRemedies holds every reason to a remedy, or to a detail that is
// one.
func TestReasons_haveRemedies(t *testing.T) {
	t.Parallel()
	for _, message := range messages {
		if (&Error{Reason: message.reason}).Remedy() == "" {
			t.Errorf("%s has no remedy", message.reason)
		}
	}
	for _, reason := range []Reason{LinkRefused, OutsideHome, UnsafeDirectory, NoHome, TooLarge} {
		if (&Error{Reason: reason}).Remedy() == "" {
			t.Errorf("%s has no remedy", reason)
		}
	}
}

func TestRemains(t *testing.T) {
	t.Parallel()
	var r Remains
	if !r.Empty() || len(r.Paths()) != 0 {
		t.Errorf("the zero value: %+v", r)
	}
	r.Add(Remains{Temporary: []Temporary{{Path: "d/.es.tmp.a"}}, Dirs: []string{"d"}})
	r.Add(Remains{Temporary: []Temporary{{Path: "/x/.es.tmp.b", Created: true}}, Dirs: []string{"d", "d/e"}})
	if got := r.Paths(); !slices.Equal(got, []string{"~/d/.es.tmp.a", "/x/.es.tmp.b"}) || !slices.Equal(r.Dirs, []string{"d", "d/e"}) || r.Empty() {
		t.Errorf("remains %+v, paths %q", r, got)
	}
}

func TestOutcome_words(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(Pending, Unchanged, Written, Deleted, Outcome(9)); got != "pending unchanged written deleted pending" {
		t.Errorf("words %q", got)
	}
}

// FuzzClassify never repeats what a command on the host printed.
func FuzzClassify(f *testing.F) {
	f.Add("mv: cannot move 'secretvalue': Permission denied")
	f.Fuzz(func(t *testing.T, text string) {
		got := Classify("/f", "step", text)
		if want := (&Error{Path: "/f", Reason: got.Reason, Step: "step"}).Error(); got.Error() != want {
			t.Errorf("%q gives %q", text, got.Error())
		}
	})
}
