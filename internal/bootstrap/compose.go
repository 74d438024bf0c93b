package bootstrap

import (
	"slices"
	"strings"
)

// Compose edits the environment of services in a Compose file or override file.
//
// Entries go at the top of services.NAME.environment, as list items or map entries like the ones that are there; what
// is missing on the way is made. Only block style is edited, and only where the service has it for itself: what comes
// through an alias or a merge key would change other services, or hide what they share.
type Compose struct {
	Services []string
	Style    Style
}

var _ Editor = Compose{}

const (
	composeTitle       = "Compose file"
	servicesKey        = "services"
	environmentKey     = "environment"
	composeOverrideWay = "put the services into an override file, or write this part in block style for the service alone"
)

// composeVariable is one wanted entry of one service; text has "$" doubled, which Compose would interpolate otherwise.
type composeVariable struct {
	service, name, key, text string
}

func (v composeVariable) path() []string {
	return []string{servicesKey, v.service, environmentKey, v.name}
}

func (v composeVariable) recordName() string { return tomlKeyText(v.path()) }

func environmentPath(service string) []string { return []string{servicesKey, service, environmentKey} }

func (c Compose) services() []string {
	names := slices.Clone(c.Services)
	slices.Sort(names)
	return slices.Compact(names)
}

func (c Compose) wanted(settings []Setting) ([]composeVariable, error) {
	variables, err := Variables(settings, c.Style)
	if err != nil {
		return nil, err
	}
	var wanted []composeVariable
	for _, service := range c.services() {
		for _, v := range variables {
			if reason := unwritable(v.Value); reason != "" {
				return nil, &ValueError{Key: v.key, Format: composeTitle, Reason: reason, WayOut: "correct the value"}
			}
			text := strings.ReplaceAll(v.Value, "$", "$$")
			wanted = append(wanted, composeVariable{service: service, name: v.Name, key: v.key, text: text})
		}
	}
	return wanted, nil
}

// Edit implements [Editor]. Keys of the record are paths like services.web.environment.ES_OAUTH2__REFRESH_TOKEN.
func (c Compose) Edit(before []byte, desired Desired, record Record) ([]byte, Record, error) {
	wanted, err := c.wanted(desired.Settings)
	if err != nil {
		return nil, Record{}, err
	}
	text := before
	if before == nil && len(wanted) > 0 {
		text = []byte(CreatedMark + "\n")
	}
	stale, kept := splitComposeRecord(record, wanted)
	if len(stale.Keys) > 0 && len(text) > 0 {
		if text, err = cutCompose(text, stale, kept); err != nil {
			return nil, Record{}, err
		}
	}
	d, err := scanCompose(text)
	if err != nil {
		return nil, Record{}, err
	}
	plan := composePlan{composeDocument: d, record: record, adopt: desired.Adopt}
	for _, service := range c.services() {
		if err := plan.service(service, c.services(), slices.DeleteFunc(slices.Clone(wanted), func(v composeVariable) bool {
			return v.service != service
		})); err != nil {
			return nil, Record{}, err
		}
	}
	if len(plan.conflicts) > 0 {
		return nil, Record{}, &ConflictError{Format: composeTitle, Entries: plan.conflicts}
	}
	after, err := plan.finish(wanted)
	if err != nil {
		return nil, Record{}, err
	}
	updated := Record{
		Created: record.Created || before == nil, Keys: plan.keys,
		Containers: append(plan.containers, kept.Containers...),
	}
	return after, updated.sorted(), nil
}

// splitComposeRecord parts what is no longer wanted from what is. A container stays while something wanted is in it.
func splitComposeRecord(record Record, wanted []composeVariable) (stale, kept Record) {
	needed := map[string]bool{}
	for _, v := range wanted {
		path := v.path()
		for i := range path {
			needed[tomlKeyText(path[:i+1])] = true
		}
	}
	for _, name := range record.Keys {
		if needed[name] {
			kept.Keys = append(kept.Keys, name)
		} else {
			stale.Keys = append(stale.Keys, name)
		}
	}
	for _, name := range record.Containers {
		if needed[name] {
			kept.Containers = append(kept.Containers, name)
		} else {
			stale.Containers = append(stale.Containers, name)
		}
	}
	return stale, kept
}

// Remove implements [Editor].
func (c Compose) Remove(current []byte, record Record) ([]byte, bool, error) {
	if current == nil {
		return nil, true, nil
	}
	text, err := cutCompose(current, record, Record{})
	if err != nil {
		return nil, false, err
	}
	after, gone := finish(text, record)
	return after, gone, nil
}

// Inspect implements [Editor]. With [StyleBootstrap] the settings are looked up inside the JSON.
func (c Compose) Inspect(current []byte, expected []Expectation, record Record) (Report, error) {
	d, err := scanCompose(current)
	if err != nil {
		return Report{}, err
	}
	var report Report
	covered := map[string]bool{}
	for _, service := range c.services() {
		if d.mapping(servicesKey, service) == nil {
			report.Absent = append(report.Absent, tomlKeyText([]string{servicesKey, service}))
		}
		for _, x := range expected {
			name := BootstrapVariable
			if c.Style == StyleVariables {
				if name, err = VariableName(x.Key); err != nil {
					return Report{}, err
				}
			}
			entry := d.inspectOne(composeVariable{service: service, name: name, key: x.Key}, x, c.Style, record)
			covered[entry.Name] = true
			report.Entries = append(report.Entries, entry)
		}
		for _, e := range d.entries(service) {
			name := tomlKeyText(append(environmentPath(service), e.name))
			upper := strings.HasPrefix(strings.ToUpper(e.name), "ES_")
			switch {
			case covered[name] && c.Style == StyleBootstrap && d.owns(e, name, record):
				for _, extra := range unexpectedSettings(e.plain(), expected) {
					report.Stale = append(report.Stale, name+": "+extra)
				}
			case upper && !covered[name] && !record.ownsKey(name):
				report.Others = append(report.Others, tomlKeyText(append(environmentPath(service), nameOnly(e.name))))
			}
		}
	}
	for _, name := range record.Keys {
		if !covered[name] && d.holds(name) {
			report.Stale = append(report.Stale, name)
		}
	}
	return report, nil
}

func (d *composeDocument) inspectOne(v composeVariable, x Expectation, style Style, record Record) Entry {
	entry := Entry{Key: x.Key, Name: v.recordName()}
	found, exists := d.find(v.service, v.name)
	if !exists {
		if d.inherits(v.path()...) {
			entry.State = Differs
		}
		return entry
	}
	entry.Line, entry.Owned = found.line+1, d.owns(found, entry.Name, record)
	entry.State = style.compare(found.plain(), found.readable(), x)
	return entry
}
