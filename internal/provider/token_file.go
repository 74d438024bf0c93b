package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// tokenFile is a file that holds a bare access token while an ephemeral object
// is open. Its content is known by fingerprint, so that a file that somebody
// else wrote is never replaced or removed.
type tokenFile struct {
	path    string
	written string // fingerprint of what we wrote last
	claim   *fileClaim
}

// tokenFileError says why a token file can't be used.
type tokenFileError struct {
	summary, detail string
	err             error
}

func (e *tokenFileError) Error() string { return e.summary + ": " + e.detail }
func (e *tokenFileError) Unwrap() error { return e.err }

// resolveTokenFile makes path absolute, with the symbolic links of its folder
// followed, so that one file has one name.
func resolveTokenFile(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err == nil {
		var folder string
		if folder, err = filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
			return filepath.Join(folder, filepath.Base(absolute)), nil
		}
	}
	return "", &tokenFileError{
		summary: "Token File Without a Folder", err: err,
		detail: fmt.Sprintf("The folder of %s can't be used (%v). Create it first; the provider makes the file only.", path, cause(err)),
	}
}

// cause leaves out what an error of the os package repeats: operation and path.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// create writes a new file of mode 0600. A file that is there is refused.
func (f *tokenFile) create(token settings.Secret) error {
	err := writeNew(f.path, token)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &tokenFileError{
			summary: "Token File Exists", err: err,
			detail: fmt.Sprintf("%s is already there, and this provider did not write it or it was changed since. "+
				"Remove it if nothing needs it, or give token_file another path.", f.path),
		}
	case err != nil:
		return &tokenFileError{
			summary: "Token File Not Written", err: err,
			detail: fmt.Sprintf("%s could not be written (%v). Give token_file a path in a folder that you can write to.", f.path, cause(err)),
		}
	}
	f.written = session.Fingerprint(token.Reveal())
	return nil
}

// replace puts another token into the file: readers see the old one or the new
// one, never a part. A file that is no longer ours is left alone.
func (f *tokenFile) replace(token settings.Secret) error {
	next := session.Fingerprint(token.Reveal())
	if next == f.written && holds(f.path, f.written) {
		return nil
	}
	if _, err := os.Lstat(f.path); err == nil && !holds(f.path, f.written) {
		return &tokenFileError{
			summary: "Token File Changed",
			detail:  fmt.Sprintf("%s was changed by another program since it was written, so the refreshed token was not put into it.", f.path),
		}
	}
	if err := f.claim.record(f.path, f.written, next); err != nil {
		return &tokenFileError{summary: "Token File Not Replaced", detail: err.Error(), err: err}
	}
	temporary := temporaryName(f.path)
	err := writeNew(temporary, token)
	if errors.Is(err, fs.ErrExist) && (holds(temporary, f.written) || holds(temporary, next)) {
		if err = os.Remove(temporary); err == nil {
			err = writeNew(temporary, token)
		}
	}
	if err == nil {
		err = os.Rename(temporary, f.path)
	}
	if err != nil {
		return &tokenFileError{
			summary: "Token File Not Replaced", err: err,
			detail: fmt.Sprintf("The refreshed token could not be put into %s (%v). The file holds the former token.", f.path, cause(err)),
		}
	}
	f.written = next
	return nil
}

// remove takes the file away if it is still ours. It reports whether it was.
func (f *tokenFile) remove() (bool, error) {
	if !holds(f.path, f.written) {
		return false, nil
	}
	return true, os.Remove(f.path)
}

// temporaryName is where a new content is prepared: in the same folder, so
// that renaming is atomic, and always the same, so that one that a killed run
// left behind is found.
func temporaryName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".earthscope-new")
}

// writeNew creates a file of mode 0600 and writes token to it. The error wraps
// fs.ErrExist where the path is taken; on any other one the file is gone again.
func writeNew(path string, token settings.Secret) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user's own path
	if err != nil {
		return err
	}
	_, err = file.WriteString(token.Reveal())
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// maxTokenFile bounds what is read to recognise a token: nothing that long is
// one of ours.
const maxTokenFile = 1 << 16

// holds reports whether path is a regular file whose content has one of the
// fingerprints.
func holds(path string, fingerprints ...string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxTokenFile {
		return false
	}
	content, err := os.ReadFile(path) //nolint:gosec // the user's own path
	if err != nil {
		return false
	}
	found := session.Fingerprint(string(content))
	for _, fingerprint := range fingerprints {
		if fingerprint != "" && fingerprint == found {
			return true
		}
	}
	return false
}

// isEmpty reports whether path is a regular file without content: what is left
// when a run is killed between creating and writing.
func isEmpty(path string) bool {
	content, err := os.ReadFile(path) //nolint:gosec // the user's own path
	return err == nil && len(bytes.TrimSpace(content)) == 0
}
