package sftp

import (
	"errors"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// explainStep turns a refusal into what a user can act on. Version 3 has one
// status for "disk full", "read-only" and much else, so the file system is asked
// where the server can tell.
func (t *transaction) explainStep(c *change, step string, err error) error {
	var status *statusError
	if !errors.As(err, &status) {
		return err
	}
	failure := classify(c.State.Path, step, status)
	if failure.Reason != files.OtherFailure || status.code != statusFailure || !t.client.extensions[extensionStatVFS] {
		return failure
	}
	free, readOnly, ok := t.fileSystem(c.found.dir, c.found.missing)
	switch {
	case ok && readOnly:
		failure.Reason = files.ReadOnly
	case ok && free == 0:
		failure.Reason = files.NoSpace
	}
	return failure
}

// fileSystem asks for the free blocks and the read-only flag of the file system
// that holds dir (OpenSSH's PROTOCOL file, section 4.4).
func (t *transaction) fileSystem(dir string, missing []string) (free uint64, readOnly, ok bool) {
	if len(missing) > 0 {
		dir = "."
	}
	d, err := t.client.send(typeExtended, encoder(nil).text(extensionStatVFS).text(dir)).wait(typeReply)
	if err != nil {
		return 0, false, false
	}
	var fields [11]uint64
	for i := range fields {
		fields[i] = d.uint64()
	}
	const available, flags, readOnlyFlag = 4, 9, 1
	return fields[available], fields[flags]&readOnlyFlag != 0, d.err == nil
}
