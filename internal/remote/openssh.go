package remote

import "context"

type masters struct{}

func newMasters(Options) *masters { return &masters{} }
func (m *masters) close() error   { return nil }
func (p *Pool) reachOpenSSH(ctx context.Context, target Target) (reacher, error) {
	return nil, &TransportError{Transport: OpenSSH}
}
