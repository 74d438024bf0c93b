package bootstrap

import "strings"

// envPlan collects the changes of one edit.
type envPlan struct {
	Env
	envDocument
	record    Record
	adopt     bool
	keys      []string
	changed   map[string]bool
	added     []string
	splices   []splice
	conflicts []Entry
}

// place decides what happens to one variable: already right, rewritten where it stands, or added at the end.
func (p *envPlan) place(v Variable, text string) error {
	found := p.find(v.Name)
	if len(found) == 0 {
		p.add(v.Name)
		p.added = append(p.added, text)
		return nil
	}
	effective := found[len(found)-1]
	owned := p.owns(effective, p.record)
	same := effective.readable && sameText(effective.value, v.Value) && effective.name == v.Name && len(found) == 1
	switch {
	case same && owned:
		p.keys = append(p.keys, v.Name)
		return nil
	case same:
		return nil
	case !owned && !p.adopt:
		p.conflicts = append(p.conflicts, Entry{Key: v.key, Name: v.Name, State: Differs, Line: effective.first + 1})
		return nil
	}
	for _, a := range found {
		if !a.sole {
			return &UnsupportedError{
				Format: p.title(), Line: a.first + 1,
				Problem: a.name + " shares its line with other commands", WayOut: "give it a line of its own",
			}
		}
	}
	p.rewrite(found, text)
	p.add(v.Name)
	return nil
}

func (p *envPlan) add(name string) {
	if p.changed == nil {
		p.changed = map[string]bool{}
	}
	p.changed[name] = true
	p.keys = append(p.keys, name)
}

// rewrite puts the new text where the first assignment under a mark stands, else where the last one does, and removes the others.
func (p *envPlan) rewrite(found []assignment, text string) {
	chosen := len(found) - 1
	for i, a := range found {
		if a.marked {
			chosen = i
			break
		}
	}
	remove := map[int]bool{}
	for i, a := range found {
		if i == chosen {
			p.splices = append(p.splices, splice{p.lines[a.first].start, p.lines[a.last].end, p.indent(a.first) + text})
			continue
		}
		for l := a.first; l <= a.last; l++ {
			remove[l] = true
		}
	}
	p.splices = append(p.splices, p.cut(remove)...)
}

// finish applies the plan; changed is false where everything was right already.
func (p *envPlan) finish() (after []byte, changed bool) {
	if len(p.added) > 0 {
		last := len(p.lines) - 1
		lines := p.added
		if last < 0 || !p.endsInOwnGroup(p.record) {
			lines = append([]string{Mark}, lines...)
		}
		newline := p.newline()
		if p.Format == FormatShell {
			newline = "\n" // a shell takes the CR of CRLF into the value
		}
		p.splices = append(p.splices, p.insertAfter(last, newline, lines))
	}
	if len(p.splices) == 0 {
		return p.text, false
	}
	return apply(p.text, p.splices), true
}

// endsInOwnGroup says whether the last line is a recorded entry under a mark, so that more entries need no new mark.
func (d envDocument) endsInOwnGroup(record Record) bool {
	if len(d.assignments) == 0 {
		return false
	}
	a := d.assignments[len(d.assignments)-1]
	return a.last == len(d.lines)-1 && record.ownsKey(a.name) && a.marked
}

// mark notes which assignments belong to a group under a mark.
func (d *envDocument) mark() {
	group := -1 // the last line of the group so far
	next := 0
	for i := range d.lines {
		if d.isMark(i) {
			group = i
		}
		for ; next < len(d.assignments) && d.assignments[next].first == i; next++ {
			a := &d.assignments[next]
			if a.marked = group >= 0 && (group == i-1 || group == i); a.marked {
				group = a.last
			}
		}
	}
}

func (d envDocument) owns(a assignment, record Record) bool {
	return record.ownsKey(a.name) || a.marked
}

// find returns the assignments of a variable in any letter case, as the SDK reads them, the effective one last.
func (d envDocument) find(name string) []assignment {
	var found []assignment
	for _, a := range d.assignments {
		if strings.EqualFold(a.name, name) {
			found = append(found, a)
		}
	}
	return found
}
