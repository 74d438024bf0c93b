package remote

import (
	"slices"
	"time"
)

// use counts one more user of a connection; the pool's lock is held.
func (p *Pool) use(l *link) {
	if l.users++; l.users == 1 {
		p.notIdle(l)
	}
}

func (p *Pool) notIdle(l *link) {
	if i := slices.Index(p.idle, l); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
}

// release gives a connection back. The last user starts its idle timer; where too
// many are idle, the one that has been so for longest is closed: a run through a
// thousand hosts must not hold a thousand connections.
func (p *Pool) release(l *link) {
	var excess *link
	p.mu.Lock()
	l.users--
	last := l.users == 0
	retired := p.links[l.key] != l
	if last && !retired {
		if p.idle = append(p.idle, l); len(p.idle) > p.options.MaxIdle {
			excess = p.idle[0]
			p.forget(excess)
		}
	}
	p.mu.Unlock()
	switch {
	case last && retired:
		l.close()
	case last && l != excess:
		l.closeWhenIdle(p.options.IdleTimeout)
	}
	if excess != nil {
		excess.close()
	}
}

// forget takes a connection out of the pool; the pool's lock is held.
func (p *Pool) forget(l *link) {
	if p.links[l.key] == l {
		delete(p.links, l.key)
	}
	p.notIdle(l)
}

// retire takes a connection out of use: it gets no new users and closes with
// the last one.
func (p *Pool) retire(l *link) {
	p.mu.Lock()
	p.forget(l)
	unused := l.users == 0
	p.mu.Unlock()
	if unused {
		l.close()
	}
}

// closeWhenIdle closes the connection unless somebody uses it again before.
func (l *link) closeWhenIdle(after time.Duration) {
	l.timerMu.Lock()
	defer l.timerMu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(after, func() {
		l.pool.mu.Lock()
		unused := l.users == 0
		if unused {
			l.pool.forget(l)
		}
		l.pool.mu.Unlock()
		if unused {
			l.close()
		}
	})
}
