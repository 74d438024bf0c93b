package session

import (
	"context"
	"fmt"
	"os"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// reportVolatile tells the user when a replaced refresh token lives in this
// process only. It reports whether other processes will find the token.
func (r *refresher) reportVolatile(ctx context.Context, next Entry) bool {
	memory, ok := r.store.(*memoryStore)
	if !ok {
		return true
	}
	if next.Rotation == RotationSeen {
		r.reportUnsaved(ctx, next, memory.Describe(""), nil)
	}
	return false
}

// reportBeside tells that a login's file could not be replaced, where it now
// holds a spent token: whatever else reads it would send that.
func (r *refresher) reportBeside(next Entry, login, record Key, cause error) {
	if next.Rotation != RotationSeen {
		return
	}
	r.notice(KindStore, "Login Kept Beside tokens.json", fmt.Sprintf("The identity server replaced the refresh token in %s, and that file could not be "+
		"replaced (%v). The session goes on in %s, which this provider finds; the SDK and the CLI would send the spent token. "+
		"Make the file replaceable and log in again (\"es login\") before using them.", r.store.Describe(login), cause, r.store.Describe(record)))
}

// reportUnsaved tells what was not saved and what to do. Without rotation only
// a request is lost, which needs no more than a line in the log.
func (r *refresher) reportUnsaved(ctx context.Context, next Entry, where string, cause error) {
	if cause != nil {
		r.log.WarnContext(ctx, "the refreshed token could not be saved", "where", where, "error", cause.Error())
	}
	if next.Rotation != RotationSeen {
		if cause != nil {
			r.notice(KindStore, "Access Token Not Saved", fmt.Sprintf("The refreshed access token could not be saved in %s (%v). "+
				"It is used in this run; every further run asks the identity server again.", where, cause))
		}
		return
	}
	what := "The identity server replaced the refresh token from " + r.credential.source.String()
	if r.rescue == nil {
		r.notice(KindUnsafeRotation, "Replaced Refresh Token Not Saved", what+", and persist_tokens = false keeps its successor in memory only: "+
			"it ends with this process, and the configured token is spent. Set persist_tokens = true with a config_dir that lasts, "+
			"or use client credentials (client_secret), which do not rotate.")
		return
	}
	path, err := r.rescue(next)
	if err != nil {
		r.notice(KindUnsafeRotation, "Replaced Refresh Token Not Saved", fmt.Sprintf("%s, and its successor could be saved neither in %s nor in %s. "+
			"It ends with this process, and the former token is spent. Make the folder writable, then log in again (\"es login\").", what, where, os.TempDir()))
		return
	}
	r.notice(KindUnsafeRotation, "Replaced Refresh Token Saved Elsewhere", fmt.Sprintf("%s, and its successor could not be saved in %s. It is in %s (readable by you "+
		"only, in the format of tokens.json). The former token is spent: make the folder writable and move that file to tokens.json in the profile's "+
		"folder, or use client credentials (client_secret), which do not rotate.", what, where, path))
}

// rescueFile puts the tokens of an entry into a new file of mode 0600 in the
// system's temporary folder, in the format of tokens.json.
func rescueFile(entry Entry) (path string, err error) {
	file, err := os.CreateTemp("", "earthscope-tokens-*.json")
	if err != nil {
		return "", err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	_, err = file.Write(settings.FormatTokens(settings.Tokens{
		AccessToken: entry.AccessToken, IDToken: entry.IDToken, RefreshToken: entry.RefreshToken,
	}))
	if err == nil {
		err = file.Sync()
	}
	return file.Name(), err
}
