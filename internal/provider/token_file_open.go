package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// tokenFiles are the token files that are open in this process, by handle.
type tokenFiles struct {
	mutex sync.Mutex
	open  map[string]*openTokenFile // guarded by mutex
}

// openTokenFile is one open object's file and what to keep in it.
type openTokenFile struct {
	handle  string
	client  *client // that opened it
	request request
	minTTL  time.Duration
	renewAt time.Time // zero: never

	mutex   sync.Mutex // held by Renew and Close
	file    *tokenFile
	expires time.Time // of the token in the file
	closed  bool
}

func newTokenFiles() *tokenFiles { return &tokenFiles{open: map[string]*openTokenFile{}} }

func (t *tokenFiles) add(opened *openTokenFile) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.open[opened.handle] = opened
}

func (t *tokenFiles) find(handle string) *openTokenFile {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.open[handle]
}

func (t *tokenFiles) forget(handle string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.open, handle)
}

// Bounds of renewal.
const (
	// renewalPause is the least time to the next Renew: a time in the past
	// makes Terraform call it thousands of times a second.
	renewalPause = 30 * time.Second
	// renewalMargin is how long before the token gets too old it is replaced.
	renewalMargin = 30 * time.Second
)

// nextRenewal says when a token that expires at expires is to be replaced so
// that the file never holds one with less life than keep: some time before
// that, but not within half of what the token has left (it lives too short for
// keep) and never at once.
func nextRenewal(now, expires time.Time, keep time.Duration) time.Time {
	at := expires.Add(-keep - renewalMargin)
	if half := now.Add(expires.Sub(now) / 2); at.Before(half) {
		at = half
	}
	if soonest := now.Add(renewalPause); at.Before(soonest) {
		at = soonest
	}
	return at
}

// openTokenFile writes token to a new file and remembers it. It returns nil
// with the reason in diagnostics, then with nothing left behind.
func (c *client) openTokenFile(
	ctx context.Context, r request, minTTL time.Duration, name string, token session.Token, diagnostics *diag.Diagnostics,
) *openTokenFile {
	p := c.profile(ctx, r.profile)
	file, err := c.createTokenFile(ctx, p, name, token)
	if err != nil {
		var failure *tokenFileError
		if !errors.As(err, &failure) {
			failure = &tokenFileError{summary: "Token File Not Written", detail: err.Error()}
		}
		diagnostics.AddAttributeError(path.Root("token_file"), failure.summary, failure.detail)
		return nil
	}
	opened := &openTokenFile{handle: rand.Text(), client: c, request: r, minTTL: minTTL, file: file, expires: token.Claims.ExpiresAt}
	if facts, err := p.session.Facts(ctx); err == nil && facts.Flow != session.FlowAccessToken {
		opened.renewAt = nextRenewal(c.dependencies.Now(), opened.expires, max(c.threshold(), minTTL))
	}
	c.tokenFiles.add(opened)
	return opened
}

// createTokenFile claims the path, where there is a registry, and writes.
func (c *client) createTokenFile(ctx context.Context, p *profile, name string, token session.Token) (*tokenFile, error) {
	resolved, err := resolveTokenFile(name)
	if err != nil {
		return nil, err
	}
	file := &tokenFile{path: resolved}
	if folder := p.settings.Paths.ConfigDir; folder != "" && c.block.persist {
		registry := &tokenFileRegistry{folder: filepath.Join(folder, "terraform", "token-files"), now: c.dependencies.Now}
		file.claim, err = registry.acquire(ctx, resolved)
		switch {
		case errors.Is(err, errClaimed):
			return nil, &tokenFileError{
				summary: "Token File in Use", err: err,
				detail: fmt.Sprintf("Another object or another run is using %s. Give each its own token_file, or wait until the other run has ended.", resolved),
			}
		case err != nil:
			tflog.Warn(ctx, "no registry of token files; one that a killed run leaves behind has to be removed by hand",
				map[string]any{"folder": registry.folder, "error": err.Error()})
		}
	}
	if err := file.claim.record(resolved, session.Fingerprint(token.AccessToken.Reveal())); err != nil {
		tflog.Warn(ctx, "the token file could not be registered", map[string]any{"error": err.Error()})
	}
	if err := file.create(token.AccessToken); err != nil {
		file.claim.release(ctx)
		return nil, err
	}
	return file, nil
}

// renewTokenFile replaces the token in an open file and returns when to do so
// again. A failure is a warning as long as the token in the file lives.
func (c *client) renewTokenFile(ctx context.Context, handle string, diagnostics *diag.Diagnostics) time.Time {
	opened := c.tokenFiles.find(handle)
	if opened == nil {
		tflog.Debug(ctx, "nothing to renew: the token file was opened by another process")
		return time.Time{}
	}
	return opened.renew(ctx, diagnostics)
}

func (opened *openTokenFile) renew(ctx context.Context, diagnostics *diag.Diagnostics) time.Time {
	c := opened.client
	opened.mutex.Lock()
	defer opened.mutex.Unlock()
	if opened.closed {
		return time.Time{}
	}
	now := c.dependencies.Now()
	// A token that outlives the one in the file, be it refreshed meanwhile or now.
	wanted := max(opened.expires.Sub(now)+time.Second, opened.minTTL)
	var failures diag.Diagnostics
	_, token := c.token(ctx, request{profile: opened.request.profile, renewal: true}, wanted, &failures)
	if token != nil {
		if err := opened.file.replace(token.AccessToken); err != nil {
			failures.AddError("Token File Not Renewed", err.Error())
		} else {
			opened.expires = token.Claims.ExpiresAt
		}
	}
	alive := opened.expires.After(c.dependencies.Now())
	for _, failure := range failures {
		if alive {
			failure = asWarning(failure, fmt.Sprintf(" The token in %s is used until it expires at %s.", opened.file.path, rfc3339(opened.expires)))
		}
		diagnostics.Append(failure)
	}
	return nextRenewal(c.dependencies.Now(), opened.expires, max(c.threshold(), opened.minTTL))
}

// asWarning turns an error into a warning that says what goes on.
func asWarning(d diag.Diagnostic, more string) diag.Diagnostic {
	if d.Severity() == diag.SeverityWarning {
		return d
	}
	return diag.NewWarningDiagnostic(d.Summary(), d.Detail()+more)
}

// closeTokenFile removes the file of a handle if it is still ours.
func (c *client) closeTokenFile(ctx context.Context, handle string, diagnostics *diag.Diagnostics) {
	opened := c.tokenFiles.find(handle)
	if opened == nil {
		tflog.Debug(ctx, "nothing to close: the token file was opened by another process")
		return
	}
	opened.mutex.Lock()
	defer opened.mutex.Unlock()
	c.tokenFiles.forget(handle)
	opened.closed = true
	removed, err := opened.file.remove()
	switch {
	case err != nil:
		diagnostics.AddWarning("Token File Not Removed", fmt.Sprintf(
			"%s could not be removed (%v). It holds an access token that expires at %s: remove it by hand.",
			opened.file.path, cause(err), rfc3339(opened.expires)))
	case !removed:
		tflog.Info(ctx, "the token file is gone or was changed by another program; left as it is", map[string]any{"path": opened.file.path})
	}
	opened.file.claim.release(ctx)
}
