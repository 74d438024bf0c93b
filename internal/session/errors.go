package session

import (
	"errors"
	"fmt"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Kind classifies an Error by what the caller can do about it.
type Kind string

// The kinds of failure.
const (
	KindNoCredentials   Kind = "no credentials"
	KindExpired         Kind = "access token expired"
	KindNotJWT          Kind = "access token unreadable"
	KindRefused         Kind = "token refused"
	KindBlocked         Kind = "user blocked"
	KindSuspect         Kind = "token may be spent"
	KindRateLimited     Kind = "rate limited"
	KindUnreachable     Kind = "identity server unreachable"
	KindTLS             Kind = "TLS failure"
	KindProxy           Kind = "proxy failure"
	KindBadAnswer       Kind = "unusable answer"
	KindClock           Kind = "clock differs"
	KindStore           Kind = "token store"
	KindLocked          Kind = "token store locked"
	KindUnsafeRotation  Kind = "rotation cannot be saved"
	KindNoRefreshToken  Kind = "no refresh token"
	KindConfiguration   Kind = "configuration"
	KindHelperProcess   Kind = "helper process"
	KindInterrupted     Kind = "interrupted"
	KindLoginRemoved    Kind = "login removed"
	KindWrongCredential Kind = "credential refused"
)

// Error is a failure that a person has to act on. Summary is a title, Detail
// says why and what to type next. Neither holds a secret or a response body.
type Error struct {
	Kind    Kind
	Summary string
	Detail  string
	// Source says where the credential at fault came from.
	Source settings.Source
	// Setting is the dotted setting at fault ("oauth2.refresh_token"), if any.
	Setting string
	Err     error
}

// Error implements error.
func (e *Error) Error() string { return e.Summary + ": " + e.Detail }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is an *Error of the given kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Notice is something a person should know although the work went on.
type Notice struct {
	Kind            Kind
	Summary, Detail string
	Source          settings.Source
}

// Errors of the store that callers branch on.
var (
	// ErrConflict: the entry is no longer the version the caller read.
	ErrConflict = errors.New("the entry changed since it was read")
	// ErrReadOnly: the store can be read but not written.
	ErrReadOnly = errors.New("the token store cannot be written")
	// ErrLockTimeout: another process held the lock for too long.
	ErrLockTimeout = errors.New("another process holds the lock")
)

func storeError(source settings.Source, path string, err error) *Error {
	return &Error{
		Kind: KindStore, Source: source, Err: err,
		Summary: "Token Store Unusable",
		Detail: fmt.Sprintf("Reading or writing %s failed: %v. Check that the folder exists, belongs to you and is not full, "+
			"or use client credentials (client_secret) with persist_tokens = false, which keeps tokens in memory.", path, err),
	}
}
