package sftp

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// wirePath leaves ~ to the server: relative paths start in the home directory.
func wirePath(cleaned string) string {
	if rest, ok := strings.CutPrefix(cleaned, "~/"); ok {
		return rest
	}
	return cleaned
}

// readAll looks at all files: first what they are, which also keeps us from
// opening a pipe that nobody ever writes to, then their content.
func (t *transaction) readAll(version *request) error {
	home := t.client.onPath(typeRealpath, ".")
	count := len(t.request.Paths)
	lookups := make([][]*request, count) // the file, then its directories upwards, twice each
	t.found = make([]found, count)
	for i, cleaned := range t.request.Paths {
		wire := wirePath(cleaned)
		lookups[i] = append(lookups[i], t.client.onPath(typeLstat, wire))
		for _, dir := range parents(wire) {
			lookups[i] = append(lookups[i], t.client.onPath(typeStat, dir), t.client.onPath(typeLstat, dir))
		}
		lookups[i] = append(lookups[i], t.client.onPath(typeRealpath, path.Dir(wire)), t.client.onPath(typeRealpath, wire))
	}
	<-version.done
	if version.err != nil {
		return version.err
	}
	var err error
	if t.home, err = home.name(); err != nil {
		return err
	}
	t.report.Home = t.home
	t.report.States = make([]files.State, count)
	for i, cleaned := range t.request.Paths {
		t.report.States[i] = files.State{Path: cleaned}
		if err := t.inspect(i, lookups[i]); err != nil && !t.refused(i, "inspect", err) {
			return err
		}
	}
	if err := t.followLinks(); err != nil {
		return err
	}
	return t.readContents()
}

// parents lists the directories above a wire path, innermost first, without the
// root and the home directory.
func parents(wire string) []string {
	var dirs []string
	for dir := path.Dir(wire); dir != "." && dir != "/"; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	return dirs
}

// refused records a server's refusal as the state of a file and reports whether
// that is what err is.
func (t *transaction) refused(i int, step string, err error) bool {
	state := &t.report.States[i]
	var status *statusError
	var failure *files.Error
	switch {
	case errors.As(err, &failure):
		state.Err = failure
	case errors.As(err, &status):
		state.Err = classify(state.Path, step, status)
	default:
		return false
	}
	return true
}

func classify(path, step string, status *statusError) *files.Error {
	switch status.code {
	case statusPermission:
		return &files.Error{Path: path, Reason: files.PermissionDenied, Step: step}
	default:
		return files.Classify(path, step, status.text)
	}
}

// inspect takes the answers about one file in the order of the questions.
func (t *transaction) inspect(i int, answers []*request) error {
	state, f := &t.report.States[i], &t.found[i]
	wire := wirePath(state.Path)
	linked := false // a directory on the way is a link
	for k, dir := range parents(wire) {
		if attr, err := answers[2+2*k].attributes(); err == nil && attr.is(typeLink) {
			linked = true
		}
		attr, err := answers[1+2*k].attributes()
		switch {
		case hasStatus(err, statusNoSuchFile):
			f.missing = append([]string{dir}, f.missing...)
			continue
		case err != nil:
			return err
		case !attr.is(typeDirectory):
			return &files.Error{Path: state.Path, Reason: files.NotDirectory}
		}
	}
	state.MissingDirs = files.ParentDirs(state.Path, len(f.missing))
	f.wire, f.dir = wire, path.Dir(wire)
	if linked && len(f.missing) > 0 {
		return &files.Error{Path: state.Path, Reason: files.LinkRefused}
	}
	if len(f.missing) == 0 {
		dir, err := answers[len(answers)-2].name()
		if err != nil {
			return err
		}
		if strings.HasPrefix(state.Path, "~/") {
			if err := t.judge(state.Path, linked, path.Join(t.home, path.Dir(wire)), dir); err != nil {
				return err
			}
		}
		f.dir, f.wire = dir, path.Join(dir, path.Base(wire))
	}
	state.ResolvedPath = f.wire
	attr, err := answers[0].attributes()
	if hasStatus(err, statusNoSuchFile) {
		return nil
	}
	if err != nil {
		return err
	}
	f.attr, f.existing = attr, true
	if attr.is(typeLink) {
		target, err := answers[len(answers)-1].name()
		if err != nil {
			return err
		}
		if err := errors.Join(t.judge(state.Path, true, f.wire, target), t.judge(state.Path, false, "", f.wire)); err != nil {
			return err
		}
		f.wire, f.dir = target, path.Dir(target)
		state.ResolvedPath = target
	}
	return nil
}

// judge refuses a place outside the home directory. A server may answer
// REALPATH without resolving links, as the draft's wording permits; where there
// is a link and the answer is the question, nobody knows where it leads.
func (t *transaction) judge(name string, linked bool, asked, answer string) error {
	switch {
	case linked && asked == answer:
		return &files.Error{Path: name, Reason: files.LinkRefused}
	case !t.within(answer):
		return &files.Error{Path: name, Reason: files.OutsideHome}
	}
	return nil
}

func (t *transaction) within(absolute string) bool {
	return t.home == "/" || absolute == t.home || strings.HasPrefix(absolute, t.home+"/")
}

// followLinks looks again at files that were links.
func (t *transaction) followLinks() error {
	again := make(map[int]*request)
	for i := range t.found {
		if f := t.found[i]; f.existing && f.attr.is(typeLink) && t.report.States[i].Err == nil {
			again[i] = t.client.onPath(typeLstat, f.wire)
		}
	}
	for i, answer := range again {
		attr, err := answer.attributes()
		switch {
		case hasStatus(err, statusNoSuchFile):
			t.found[i].existing = false
		case err != nil && !t.refused(i, "inspect", err):
			return err
		}
		t.found[i].attr = attr
	}
	return nil
}

// readContents reads the regular files.
func (t *transaction) readContents() error {
	opened := make(map[int]*request)
	for i := range t.found {
		f, state := &t.found[i], &t.report.States[i]
		switch {
		case state.Err != nil || !f.existing:
		case !f.attr.is(typeRegular):
			state.Err = &files.Error{Path: state.Path, Reason: files.NotRegular}
		case f.attr.size > files.MaxSize:
			state.Err = &files.Error{Path: state.Path, Reason: files.TooLarge}
		default:
			opened[i] = t.client.open(f.wire)
		}
	}
	for i, content := range t.contents(opened) {
		if content.err != nil {
			if !t.refused(i, "read", content.err) {
				return content.err
			}
			continue
		}
		t.describe(i, content.data)
	}
	return nil
}

// describe fills the state of a file that was read.
func (t *transaction) describe(i int, data []byte) {
	state, attr := &t.report.States[i], t.found[i].attr
	if len(data) > files.MaxSize { // it grew, or the server did not tell its size
		state.Err = &files.Error{Path: state.Path, Reason: files.TooLarge}
		return
	}
	state.Exists, state.Content = true, data
	state.Mode = fs.FileMode(attr.permission).Perm()
	if attr.has&attrOwner != 0 {
		state.UID, state.GID = int(attr.uid), int(attr.gid)
		state.Owner, state.Group = strconv.Itoa(state.UID), strconv.Itoa(state.GID)
	}
	state.Stamp = fmt.Sprintf("%o %d %d", attr.permission, attr.uid, attr.gid)
}

type content struct {
	data []byte
	err  error
}

// contents reads the files whose OPEN requests are given, all at once.
func (t *transaction) contents(opened map[int]*request) map[int]content {
	type reading struct {
		handle string
		parts  []*request
	}
	readings := make(map[int]reading)
	results := make(map[int]content)
	for i, answer := range opened {
		handle, err := answer.handle()
		if err != nil {
			results[i] = content{err: err}
			continue
		}
		readings[i] = reading{handle, t.client.read(handle, t.found[i].attr.size)}
	}
	for i, r := range readings {
		data, err := t.client.collect(r.handle, r.parts, t.found[i].attr.size)
		t.client.close(r.handle)
		results[i] = content{data, err}
	}
	return results
}
