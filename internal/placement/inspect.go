package placement

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// The states of a file that mean no change.
const (
	InSync  = "in sync"
	Rotated = "rotated by the host"
)

// How the states begin in which a file holds other values than it should.
const (
	tokenDiffers   = "token differs"
	settingsDiffer = "settings differ: "
)

// Inspect says in a few words how a file differs from what it should be, or
// InSync or Rotated. It never returns a value from the file.
func (h Host) Inspect(f File, entry Entry, state files.State, now time.Time) string {
	switch {
	case state.Err != nil:
		return "unreadable: " + reason(state.Err)
	case !state.Exists:
		return "missing"
	}
	content := h.inspectContent(f, entry, state, now)
	if content != InSync && content != Rotated {
		return content
	}
	switch {
	case h.Mode(f) != 0 && state.Mode.Perm() != h.Mode(f):
		return fmt.Sprintf("mode differs: %04o", state.Mode.Perm())
	case f.Owner != "" && !isName(f.Owner, state.Owner, state.UID):
		return "owner differs: " + state.Owner
	case f.Group != "" && !isName(f.Group, state.Group, state.GID):
		return "group differs: " + state.Group
	}
	return content
}

func reason(err error) string {
	var failure *files.Error
	if errors.As(err, &failure) {
		return string(failure.Reason)
	}
	return "unknown reason"
}

func isName(wanted, name string, number int) bool {
	return wanted == name || wanted == fmt.Sprint(number)
}

func (h Host) inspectContent(f File, entry Entry, state files.State, now time.Time) string {
	if f.Kind == Tokens {
		return h.inspectTokens(entry, state.Content, now)
	}
	report, err := f.editor(h.Profile).Inspect(state.Content, h.expectations(f), entry.Record)
	var syntax *bootstrap.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid: line %d", syntax.Line)
	case err != nil:
		return "not editable"
	}
	secret := h.Credential.Kind.setting()
	var missing, differing []string
	for _, found := range report.Entries {
		switch {
		case found.State == bootstrap.Missing:
			missing = append(missing, found.Key)
		case found.State == bootstrap.Differs && found.Key == secret:
			return tokenDiffers
		case found.State == bootstrap.Differs:
			differing = append(differing, found.Key)
		}
	}
	switch {
	case len(missing) > 0:
		return "entries missing: " + strings.Join(unique(missing), ", ")
	case len(differing) > 0:
		return settingsDiffer + strings.Join(unique(differing), ", ")
	case len(report.Absent) > 0:
		return "entries missing: " + strings.Join(report.Absent, ", ")
	case len(report.Stale) > 0:
		return "entries to remove: " + strings.Join(report.Stale, ", ")
	}
	return InSync
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// inspectTokens compares a tokens.json by lineage: the host's SDK rewrites it
// at every refresh, and where the identity server rotates it holds a successor
// that nobody else knows.
func (h Host) inspectTokens(entry Entry, content []byte, now time.Time) string {
	found, err := bootstrap.ReadTokens(content)
	if err != nil {
		return "not valid"
	}
	if h.Credential.Kind == AccessToken {
		return h.inspectAccessToken(found["access_token"], now)
	}
	token := found["refresh_token"]
	switch {
	case token == "":
		return "entries missing: oauth2.refresh_token"
	case h.Credential.Recognises(token):
		return InSync
	case entry.Push == PushDue, session.Fingerprint(token) == entry.Replaced:
		return tokenDiffers // the former one: the push did not arrive
	case h.sameHolder(found["access_token"]):
		return Rotated
	}
	return tokenDiffers
}

// inspectAccessToken accepts any access token of the same holder that lives
// long enough: a newer one elsewhere is no reason to write.
func (h Host) inspectAccessToken(token string, now time.Time) string {
	if token == "" {
		return "entries missing: oauth2.access_token"
	}
	claims, err := session.DecodeClaims(token)
	switch {
	case err != nil || !h.sameHolder(token):
		return tokenDiffers
	case claims.ExpiresAt.Sub(now) < h.Credential.MinRemaining || !claims.ExpiresAt.After(now):
		return "token expires at " + claims.ExpiresAt.Format(time.RFC3339)
	}
	return InSync
}

// RecognisesAccessToken is Credential.Recognises for access tokens: the same
// holder, and enough life left.
func (h Host) RecognisesAccessToken(now time.Time) func(string) bool {
	return func(found string) bool { return h.inspectAccessToken(found, now) == InSync }
}

// sameHolder reports whether an access token on the host is the pushed
// credential's: same client and, where it is known, same subject.
func (h Host) sameHolder(accessToken string) bool {
	claims, err := session.DecodeClaims(accessToken)
	return err == nil && claims.ClientID == h.Credential.ClientID &&
		(h.Credential.Subject == "" || claims.Subject == h.Credential.Subject)
}
