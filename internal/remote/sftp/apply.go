package sftp

import (
	"bytes"
	"errors"
	"path"
	"strconv"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// change is one step under way.
type change struct {
	files.Step
	found   found
	temp    string
	made    []string // directories made, outermost first
	handle  string
	listing string // handle of the directory, to find what was left behind
}

// apply carries the steps out: all new content first, then the renames.
func (t *transaction) apply(steps []files.Step) (err error) {
	changes := make([]*change, len(steps))
	for i, step := range steps {
		if err := checkOwners(step); err != nil {
			return err
		}
		changes[i] = &change{Step: step, found: t.found[step.Index]}
	}
	t.changes = changes
	defer func() {
		if err != nil {
			t.undo(changes)
		}
	}()
	if err := t.begin(changes); err != nil {
		return err
	}
	if err := t.fill(changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := t.commit(c); err != nil {
			return err
		}
		t.report.Finish(c.Step, c.Levels)
	}
	return nil
}

// begin makes directories and creates the temporary files.
func (t *transaction) begin(changes []*change) error {
	made := make(map[string]bool)
	answers := make([][]*request, len(changes))
	for i, c := range changes {
		if c.Change.Delete {
			continue
		}
		for _, dir := range c.found.missing {
			if !made[dir] {
				made[dir] = true
				c.made = append(c.made, dir)
				answers[i] = append(answers[i], t.client.send(typeMkdir, encoder(nil).text(dir).mode(0o700)))
			}
		}
		c.temp = path.Join(c.found.dir, files.TempPrefix+t.owned+randomLetters(6))
		answers[i] = append(answers[i], t.client.create(c.temp), t.client.onPath(typeOpendir, c.found.dir))
	}
	for i, c := range changes {
		if c.Change.Delete {
			continue
		}
		last := len(answers[i]) - 1
		for k, answer := range answers[i][:last-1] {
			if err := answer.ok(); err != nil {
				if isRefusal(err) {
					c.made = c.made[:k]
				}
				return t.explainStep(c, "mkdir", err)
			}
		}
		handle, err := answers[i][last-1].handle()
		if err != nil {
			if isRefusal(err) {
				c.temp = ""
			}
			return t.explainStep(c, "create", err)
		}
		c.handle = handle
		c.listing, _ = answers[i][last].handle()
	}
	return nil
}

// fill writes the temporary files to the disk and compares the originals.
func (t *transaction) fill(changes []*change) error {
	t.sent = true
	opened := make(map[int]*request)
	lookups := make(map[int]*request)
	var written [][]*request
	for i, c := range changes {
		lookups[i] = t.client.onPath(typeLstat, c.found.wire)
		if c.found.existing {
			opened[c.Index] = t.client.open(c.found.wire)
		}
		written = append(written, t.fillOne(c))
	}
	for i, c := range changes {
		for _, answer := range written[i] {
			if err := answer.ok(); err != nil {
				return t.explainStep(c, "write", err)
			}
		}
	}
	now := t.contents(opened)
	for i, c := range changes {
		if err := t.compare(c, lookups[i], now[c.Index]); err != nil {
			return err
		}
	}
	t.sweep(changes)
	return nil
}

// compare fails with a *files.ConflictError unless the original still is what the
// edit was decided upon.
func (t *transaction) compare(c *change, lookup *request, current content) error {
	attr, err := lookup.attributes()
	missing := hasStatus(err, statusNoSuchFile)
	if err != nil && !missing {
		return t.explainStep(c, "compare", err)
	}
	var status *statusError
	if current.err != nil && !errors.As(current.err, &status) {
		return current.err
	}
	same := missing == !c.found.existing && current.err == nil
	if same && !missing {
		same = attr.permission == c.found.attr.permission && bytes.Equal(current.data, c.State.Content)
	}
	if !same {
		return &files.ConflictError{Path: c.State.Path}
	}
	return nil
}

// fillOne sends the content of one file and everything else that must be true
// of it before it gets its name.
func (t *transaction) fillOne(c *change) []*request {
	if c.Change.Delete {
		return nil
	}
	var answers []*request
	for offset := 0; offset < len(c.Change.Content); offset += chunk {
		piece := c.Change.Content[offset:min(offset+chunk, len(c.Change.Content))]
		answers = append(answers, t.client.send(typeWrite, encoder(nil).text(c.handle).uint64(uint64(offset)).bytes(piece)))
	}
	answers = append(answers, t.client.send(typeFsetstat, encoder(nil).text(c.handle).mode(uint32(c.Change.Mode))))
	if uid, gid, ok := owners(c); ok {
		answers = append(answers, t.client.send(typeFsetstat, encoder(nil).text(c.handle).uint32(attrOwner).uint32(uid).uint32(gid)))
	}
	if t.client.extensions[extensionSync] {
		answers = append(answers, t.client.send(typeExtended, encoder(nil).text(extensionSync).text(c.handle)))
	}
	return append(answers, t.client.close(c.handle))
}

// checkOwners refuses names, which SFTP can't translate.
func checkOwners(step files.Step) error {
	for _, wanted := range [][2]string{{step.Change.Owner, step.State.Owner}, {step.Change.Group, step.State.Group}} {
		if _, err := strconv.ParseUint(wanted[0], 10, 32); wanted[0] != "" && wanted[0] != wanted[1] && err != nil {
			return &files.Error{Path: step.State.Path, Reason: files.UnknownOwner, Detail: "over SFTP an owner or group must be a number"}
		}
	}
	return nil
}

// owners returns the numbers to set, if any have to be. SFTP knows no names, and
// sets both or none.
func owners(c *change) (uid, gid uint32, needed bool) {
	wantUID, wantGID := c.State.UID, c.State.GID
	if number, err := strconv.ParseUint(c.Change.Owner, 10, 32); err == nil {
		wantUID, needed = int(number), true
	}
	if number, err := strconv.ParseUint(c.Change.Group, 10, 32); err == nil {
		wantGID, needed = int(number), true
	}
	known := c.found.existing && c.found.attr.has&attrOwner != 0
	needed = needed || known && c.Change.Mode&0o070 != 0
	return uint32(wantUID), uint32(wantGID), needed
}

// commit replaces or deletes one file.
func (t *transaction) commit(c *change) error {
	if c.Change.Delete {
		return t.remove(c)
	}
	body := encoder(nil).text(c.temp).text(c.found.wire)
	var err error
	if t.client.extensions[extensionRename] {
		err = t.client.send(typeExtended, append(encoder(nil).text(extensionRename), body...)).ok()
	} else if err = t.client.send(typeRename, body).ok(); err != nil && c.found.existing {
		var status *statusError
		if errors.As(err, &status) {
			return &files.Error{Path: c.State.Path, Reason: files.OtherFailure, Step: "rename", Detail: "the SFTP server can't replace a file in one step"}
		}
	}
	if err == nil {
		c.temp, c.made = "", nil
		return nil
	}
	return t.explainStep(c, "rename", err)
}

func (t *transaction) remove(c *change) error {
	if c.found.existing {
		if err := t.client.onPath(typeRemove, c.found.wire).ok(); err != nil && !hasStatus(err, statusNoSuchFile) {
			return t.explainStep(c, "delete", err)
		}
	}
	removed := 0
	for dir := c.found.dir; removed < c.Levels && t.removedDir(dir); dir = path.Dir(dir) {
		removed++
	}
	c.Levels = removed
	return nil
}

// removedDir removes a directory if it is empty.
func (t *transaction) removedDir(dir string) bool {
	return t.client.onPath(typeRmdir, dir).ok() == nil
}
