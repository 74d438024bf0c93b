package remote

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshconfig"
)

// maxLookups is how many ssh processes are asked for the configuration at a time.
const maxLookups = 4

// lookups remembers what the SSH configuration says. Each question is asked once:
// a thousand hosts behind a bastion would otherwise start a thousand processes
// for the bastion alone.
type lookups struct {
	places chan struct{}
	mu     sync.Mutex
	known  map[sshconfig.Query]*lookup
}

type lookup struct {
	turn     chan struct{} // held by whoever asks
	answered bool
	settings sshconfig.Settings
	note     string
}

func newLookups() *lookups {
	return &lookups{places: make(chan struct{}, maxLookups), known: make(map[sshconfig.Query]*lookup)}
}

// lookup asks the SSH configuration, or supplies OpenSSH's defaults.
func (p *Pool) lookup(ctx context.Context, way *route, file, host, user string, port int) (sshconfig.Settings, error) {
	query := sshconfig.Query{Host: host, User: user, Port: port, ConfigFile: p.options.configFile(file)}
	if query.ConfigFile == "none" {
		return p.defaults(query), nil // without a process for each host
	}
	p.lookups.mu.Lock()
	l, found := p.lookups.known[query]
	if !found {
		l = &lookup{turn: make(chan struct{}, 1)}
		p.lookups.known[query] = l
	}
	p.lookups.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return sshconfig.Settings{}, context.Cause(ctx)
	}
	if !l.answered {
		if err := p.ask(ctx, query, l); err != nil {
			return sshconfig.Settings{}, err
		}
	}
	if l.note != "" && !slices.Contains(way.notes, l.note) {
		way.notes = append(way.notes, l.note)
	}
	return l.settings, nil
}

func (p *Pool) ask(ctx context.Context, query sshconfig.Query, l *lookup) (err error) {
	select {
	case p.lookups.places <- struct{}{}:
		defer func() { <-p.lookups.places }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.settings, err = p.options.configReader().Lookup(ctx, query)
	if errors.Is(err, sshconfig.ErrNoProgram) {
		l.note = err.Error() + "; OpenSSH's defaults are used"
		l.settings, err = p.defaults(query), nil
	}
	l.answered = err == nil
	return err
}
