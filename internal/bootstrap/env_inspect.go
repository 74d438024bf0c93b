package bootstrap

import (
	"slices"
	"strings"
)

// Inspect implements [Editor]. With [StyleBootstrap] the settings are looked up inside the JSON.
func (e Env) Inspect(current []byte, expected []Expectation, record Record) (Report, error) {
	d, err := e.scan(current)
	if err != nil {
		return Report{}, err
	}
	var report Report
	expectedNames := map[string]bool{}
	for _, x := range expected {
		name := BootstrapVariable
		if e.Style == StyleVariables {
			if name, err = VariableName(x.Key); err != nil {
				return Report{}, err
			}
		}
		expectedNames[name] = true
		report.Entries = append(report.Entries, e.inspectOne(d, name, x, record))
	}
	for _, name := range record.Keys {
		if !expectedNames[name] && len(d.find(name)) > 0 {
			report.Stale = append(report.Stale, name)
		}
	}
	for _, a := range d.assignments {
		upper := strings.ToUpper(a.name)
		if strings.HasPrefix(upper, "ES_") && !expectedNames[upper] && !record.ownsKey(a.name) {
			report.Others = append(report.Others, nameOnly(a.name))
		}
	}
	if e.Style == StyleBootstrap {
		report.Stale = append(report.Stale, e.extraSettings(d, expected, record)...)
	}
	return report, nil
}

func (e Env) inspectOne(d envDocument, name string, x Expectation, record Record) Entry {
	entry := Entry{Key: x.Key, Name: name}
	found := d.find(name)
	if len(found) == 0 {
		return entry
	}
	effective := found[len(found)-1]
	entry.Owned, entry.Line = d.owns(effective, record), effective.first+1
	readable := effective.readable && effective.name == name && len(found) == 1
	entry.State = e.Style.compare(effective.value, readable, x)
	return entry
}

// compare tells whether a variable's value is the expected one, or with [StyleBootstrap] the setting inside it. What is not
// readable differs.
func (s Style) compare(value string, readable bool, x Expectation) State {
	if !readable {
		return Differs
	}
	if s == StyleBootstrap {
		var state State
		if state, value = lookUpJSON(value, x.Key); state != Same {
			return state
		}
	}
	if x.Matches(canonicalJSON(value)) {
		return Same
	}
	return Differs
}

// lookUpJSON finds a setting in the JSON of ES_BOOTSTRAP_SETTINGS: Same stands for "found", to be compared.
func lookUpJSON(text, key string) (State, string) {
	object, ok := decodeObject(text)
	if !ok {
		return Differs, ""
	}
	path := strings.Split(key, ".")
	for _, name := range path[:len(path)-1] {
		if object, ok = object[name].(map[string]any); !ok {
			return Missing, ""
		}
	}
	value, ok := object[path[len(path)-1]]
	if !ok {
		return Missing, ""
	}
	found, err := plainText(value)
	if err != nil {
		return Differs, ""
	}
	return Same, found
}

// extraSettings names what an owned ES_BOOTSTRAP_SETTINGS holds beyond the expected settings.
func (e Env) extraSettings(d envDocument, expected []Expectation, record Record) []string {
	found := d.find(BootstrapVariable)
	if len(found) == 0 || !d.owns(found[len(found)-1], record) {
		return nil
	}
	return unexpectedSettings(found[len(found)-1].value, expected)
}

func unexpectedSettings(text string, expected []Expectation) []string {
	object, ok := decodeObject(text)
	if !ok {
		return nil
	}
	var extra []string
	for _, leaf := range leaves(nil, object) {
		key := strings.Join(leaf, ".")
		covered := false
		for _, x := range expected {
			covered = covered || x.Key == key || strings.HasPrefix(key, x.Key+".")
		}
		if !covered {
			extra = append(extra, settingName(leaf))
		}
	}
	return extra
}

// settingName joins the path of a setting. A part that no setting has is left out, since it may be a value.
func settingName(path []string) string {
	shown := slices.Clone(path)
	for i, part := range shown {
		if part == "" || strings.Trim(part, bareKeyCharacters) != "" {
			shown[i] = "(another key)"
		}
	}
	return strings.Join(shown, ".")
}
