package bootstrap

// Inspect implements [Editor]. A wanted table is compared value by value: other values in it are nobody's concern.
func (t TOML) Inspect(current []byte, expected []Expectation, record Record) (Report, error) {
	d, err := scanTOML(current)
	if err != nil {
		return Report{}, err
	}
	var report Report
	covered := map[string]bool{}
	for _, x := range expected {
		path, err := splitKey(x.Key)
		if err != nil {
			return Report{}, err
		}
		path = append(t.profilePath(), path...)
		entry := t.inspectOne(d, path, x, record)
		covered[entry.Name] = true
		for _, leaf := range leaves(path, x.table) {
			covered[tomlKeyText(leaf)] = true
		}
		report.Entries = append(report.Entries, entry)
	}
	profile, found, _ := d.lookUp(t.profilePath())
	if !found {
		report.Absent = []string{tomlKeyText(t.profilePath())}
	}
	table, _ := profile.(map[string]any)
	for _, leaf := range leaves(nil, table) {
		name := tomlKeyText(append(t.profilePath(), leaf...))
		switch {
		case covered[name]:
		case record.ownsKey(name):
			report.Stale = append(report.Stale, name)
		default:
			report.Others = append(report.Others, name)
		}
	}
	report.Others = append(report.Others, d.defaults()...)
	return report, nil
}

func (t TOML) inspectOne(d *tomlDocument, path []string, x Expectation, record Record) Entry {
	entry := Entry{Key: x.Key, Name: tomlKeyText(path)}
	value, found, blocked := d.lookUp(path)
	if !found && !blocked {
		if x.table != nil { // an empty one adds nothing and is not written
			entry.State = compareTables(nil, x.table)
		}
		return entry
	}
	entry.State, entry.Line = Differs, d.lineNear(path)
	entry.Owned = record.ownsKey(entry.Name) || entry.Line > 0 && d.marked[entry.Line-1]
	if found, isTable := value.(map[string]any); isTable && x.table != nil {
		entry.State = compareTables(found, x.table)
	} else if text, err := plainText(value); err == nil && !blocked && x.Matches(text) {
		entry.State = Same
	}
	return entry
}

// compareTables says whether a table holds what is wanted; what it holds besides does not matter.
func compareTables(found, wanted map[string]any) State {
	state := Same
	for _, leaf := range leaves(nil, wanted) {
		value, exists, blocked := lookUpTable(found, leaf)
		switch {
		case blocked || exists && !sameValue(value, valueAt(wanted, leaf)):
			return Differs
		case !exists:
			state = Missing
		}
	}
	return state
}
