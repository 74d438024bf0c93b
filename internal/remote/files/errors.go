package files

import (
	"fmt"
	"strings"
)

// Reason classifies why a file can't be read or changed.
type Reason string

// The reasons. Each has a remedy of its own, which Error.Remedy words.
const (
	InvalidPath      Reason = "invalid path"
	PermissionDenied Reason = "permission denied"
	NotRegular       Reason = "not a regular file"
	NotDirectory     Reason = "a parent is not a directory"
	TooLarge         Reason = "too large"
	LinkRefused      Reason = "symbolic link refused"
	OutsideHome      Reason = "link leads outside the home directory"
	UnsafeDirectory  Reason = "directory writable by others"
	NoHome           Reason = "no home directory"
	ReadOnly         Reason = "read-only file system"
	NoSpace          Reason = "no space left"
	QuotaExceeded    Reason = "disk quota exceeded"
	Busy             Reason = "file can't be replaced while it is in use"
	UnknownOwner     Reason = "unknown owner or group"
	IOFailure        Reason = "input/output error"
	OtherFailure     Reason = "operation failed"
)

// Error says why one file can't be read or changed. It never carries content
// of the file, nor the host's own words, which could.
type Error struct {
	// Path is the file.
	Path string
	// Reason is the class of the failure.
	Reason Reason
	// Step is the step that failed, such as "rename"; may be empty.
	Step string
	// Detail is more in our own words; may be empty.
	Detail string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Path, e.Reason)
	if e.Step != "" {
		text += " (" + e.Step + ")"
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if remedy := e.Remedy(); remedy != "" {
		text += "; " + remedy
	}
	return text
}

// Remedy says what to do about the failure, or is empty.
func (e *Error) Remedy() string { return remedies[e.Reason] }

var remedies = map[Reason]string{
	PermissionDenied: "connect as the user who owns the file, or set become",
	NotRegular:       "name a regular file",
	NotDirectory:     "check the path",
	TooLarge:         fmt.Sprintf("files above %d bytes are not edited", MaxSize),
	LinkRefused:      "name the file that the link leads to, or replace the link",
	OutsideHome:      "name the file that the link leads to",
	UnsafeDirectory:  "every directory above a file that root writes must belong to root and be closed to other writers; become the file's owner instead",
	NoHome:           "give the user a home directory, or use an absolute path",
	ReadOnly:         "choose a path on a writable file system",
	NoSpace:          "free space on the host",
	QuotaExceeded:    "free space in the user's quota",
	Busy:             "the file is mounted by itself (a container's bind mount): mount its directory instead; on NFS and the like, end the program that holds it open",
	UnknownOwner:     "create the user or group on the host first",
	IOFailure:        "check the host's storage",
}

// ConflictError reports that a file was changed between reading and writing;
// nothing was written to it.
type ConflictError struct {
	// Path is the file that changed.
	Path string
}

// Error implements error.
func (e *ConflictError) Error() string {
	return e.Path + ": changed by somebody else between reading and writing; nothing was overwritten, try again"
}

// BusyError reports that another writer held the account's lock on the host for
// longer than we wait.
type BusyError struct{}

// Error implements error.
func (e *BusyError) Error() string {
	return "another writer holds the lock on the host's home directory; try again"
}

// messages maps what the C library says for an error number (in the C locale)
// to a reason. Order matters only where one text contains another.
var messages = []struct {
	text   string
	reason Reason
}{
	{"no space left", NoSpace},
	{"quota exceeded", QuotaExceeded},
	{"read-only file system", ReadOnly},
	{"resource busy", Busy},
	{"device busy", Busy}, // FreeBSD
	{"text file busy", Busy},
	{"permission denied", PermissionDenied},
	{"operation not permitted", PermissionDenied},
	{"not a directory", NotDirectory},
	{"is a directory", NotRegular},
	{"input/output error", IOFailure},
	{"stale file handle", IOFailure},
	{"stale nfs file handle", IOFailure},
	{"cross-device link", Busy},
	{"invalid user", UnknownOwner},
	{"invalid group", UnknownOwner},
	{"illegal user", UnknownOwner},
	{"illegal group", UnknownOwner},
	{"unknown user", UnknownOwner},
	{"unknown group", UnknownOwner},
}

// Classify turns what a command on the host printed when step failed into an
// Error. The text itself is dropped.
func Classify(path, step, text string) *Error {
	lower := strings.ToLower(text)
	for _, message := range messages {
		if strings.Contains(lower, message.text) {
			return &Error{Path: path, Reason: message.reason, Step: step}
		}
	}
	return &Error{Path: path, Reason: OtherFailure, Step: step}
}
