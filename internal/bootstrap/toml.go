package bootstrap

import (
	"slices"
	"strings"
)

// TOML edits the table of one profile in config.toml.
//
// Every profile, "default" too, is written to [profile.NAME]: the SDK applies [default] to every profile, so a token
// there would leak into all of them. The table is made even without settings, since the SDK refuses a profile that has
// none.
type TOML struct {
	Profile string
}

var _ Editor = TOML{}

func (t TOML) profilePath() []string { return []string{profileTable, t.Profile} }

// Edit implements [Editor]. Keys of the record are dotted TOML keys from the root, containers are tables.
func (t TOML) Edit(before []byte, desired Desired, record Record) ([]byte, Record, error) {
	wanted, err := t.settings(desired.Settings)
	if err != nil {
		return nil, Record{}, err
	}
	updated := Record{Created: record.Created || before == nil, Containers: slices.Clone(record.Containers)}
	text := before
	if before == nil {
		text = []byte(CreatedMark + "\n")
	}
	if text, err = t.cutStale(text, wanted, record); err != nil {
		return nil, Record{}, err
	}
	d, err := scanTOML(text)
	if err != nil {
		return nil, Record{}, err
	}
	plan := tomlPlan{tomlDocument: d, record: record, adopt: desired.Adopt}
	for _, w := range wanted {
		if err := plan.place(w); err != nil {
			return nil, Record{}, err
		}
	}
	if len(plan.conflicts) > 0 {
		return nil, Record{}, &ConflictError{Format: tomlTitle, Entries: plan.conflicts}
	}
	added, headers := d.add(plan.additions, record)
	splices := append(plan.splices, added...)
	if _, found, blocked := d.lookUp(t.profilePath()); !found && !blocked && len(plan.additions) == 0 {
		header, splice := t.emptyTable(d)
		headers, splices = append(headers, header...), append(splices, splice)
	}
	for _, h := range headers {
		updated.Containers = append(updated.Containers, tomlKeyText(h))
	}
	updated.Keys = plan.keys
	updated.Containers = append(updated.Containers, t.markedTables(d)...)
	if len(splices) == 0 {
		return text, updated.sorted(), nil
	}
	after := apply(text, splices)
	if err := t.verify(d, after, wanted); err != nil {
		return nil, Record{}, err
	}
	return after, updated.sorted(), nil
}

// emptyTable makes the profile's table when no setting does.
func (t TOML) emptyTable(d *tomlDocument) ([][]string, splice) {
	path := t.profilePath()
	if i := d.deepestInline(path); i >= 0 {
		return [][]string{path}, d.addInline(d.entries[i], []tomlAddition{{path: path, value: "{}"}})
	}
	return [][]string{path}, d.addSection(path, nil)
}

// markedTables names the tables of this profile that a mark shows to be from here, so that a run which was cut off
// before its record was saved is taken up again.
func (t TOML) markedTables(d *tomlDocument) []string {
	var names []string
	for _, s := range d.sections[1:] {
		line := d.lineAt(s.start)
		if !s.array && d.isMark(line-1) && isPrefix(t.profilePath(), s.path) {
			names = append(names, tomlKeyText(s.path))
		}
	}
	return names
}

// tomlPlan collects the changes of one edit.
type tomlPlan struct {
	*tomlDocument
	record    Record
	adopt     bool
	keys      []string
	splices   []splice
	additions []tomlAddition
	conflicts []Entry
}

// place decides what happens to one key: already right, rewritten where it stands, or added.
func (p *tomlPlan) place(w tomlSetting) error {
	name := tomlKeyText(w.path)
	found, exists, blocked := p.lookUp(w.path)
	if blocked {
		return p.blocked(w)
	}
	if !exists {
		p.keys = append(p.keys, name)
		p.additions = append(p.additions, tomlAddition{path: w.path, value: w.text})
		return nil
	}
	entry, ok := p.entry(w.path)
	if _, isTable := found.(map[string]any); isTable || !ok {
		return &UnsupportedError{
			Format: tomlTitle, Line: p.lineNear(w.path), Problem: name + " is a table there",
			WayOut: "remove the table, or leave the setting out",
		}
	}
	line := p.lineAt(entry.start)
	owned := p.record.ownsKey(name) || p.marked[line]
	switch same := sameValue(found, w.value); {
	case same && owned:
		p.keys = append(p.keys, name)
	case same:
	case !owned && !p.adopt:
		p.conflicts = append(p.conflicts, Entry{Key: w.key, Name: name, State: Differs, Line: line + 1})
	default:
		p.keys = append(p.keys, name)
		p.splices = append(p.splices, splice{entry.value, entry.end, w.text})
	}
	return nil
}

// blocked reports what stands where a table is needed.
func (p *tomlPlan) blocked(w tomlSetting) error {
	return &UnsupportedError{
		Format: tomlTitle, Line: p.lineNear(w.path),
		Problem: tomlKeyText(w.path) + " lies below a key that is not a table, at which the SDK stops",
		WayOut:  "remove that key",
	}
}

// lineNear returns the line, from 1, of the deepest thing on the way to a path, 0 if there is none.
func (d *tomlDocument) lineNear(path []string) int {
	length, at := 0, -1
	for _, s := range d.sections[1:] {
		if len(s.path) > length && isPrefix(s.path, path) {
			length, at = len(s.path), s.start
		}
	}
	for _, e := range d.entries {
		if len(e.path) > length && isPrefix(e.path, path) {
			length, at = len(e.path), e.start
		}
	}
	if at < 0 {
		return 0
	}
	return d.lineAt(at) + 1
}

// cutStale removes recorded keys that are no longer wanted; tables stay.
func (t TOML) cutStale(text []byte, wanted []tomlSetting, record Record) ([]byte, error) {
	stale := Record{}
	for _, name := range record.Keys {
		if !slices.ContainsFunc(wanted, func(w tomlSetting) bool { return tomlKeyText(w.path) == name }) {
			stale.Keys = append(stale.Keys, name)
		}
	}
	if len(stale.Keys) == 0 {
		return text, nil
	}
	kept := Record{Keys: record.Keys, Containers: record.Containers}
	return t.cut(text, stale, kept)
}

// ConfigTOML returns a whole config.toml for one profile, without marks: what a user would write by hand.
// Errors: [ErrInvalidKey], [ErrUnsafeValue].
func ConfigTOML(profile string, settings []Setting) (string, error) {
	t := TOML{Profile: profile}
	wanted, err := t.settings(settings)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("[" + tomlKeyText(t.profilePath()) + "]\n")
	for _, w := range wanted {
		out.WriteString(tomlKeyText(w.path[2:]) + " = " + w.text + "\n")
	}
	return out.String(), nil
}
