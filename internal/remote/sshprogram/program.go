package sshprogram

import (
	"io"
	"sync"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// program is a running ssh. It listens to what ssh says about itself.
type program struct {
	process.Process
	host string

	once  sync.Once
	ended chan struct{} // standard error has ended
	mu    sync.Mutex
	words []byte
}

// maxWords is how much of standard error is kept to classify a failure.
const maxWords = 8 << 10

// Stderr implements process.Process.
func (p *program) Stderr() io.Reader { return p }

// Read passes standard error on and keeps its beginning.
func (p *program) Read(chunk []byte) (int, error) {
	count, err := p.Process.Stderr().Read(chunk)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.words = append(p.words, chunk[:min(count, maxWords-len(p.words))]...)
	if err != nil {
		p.once.Do(func() { close(p.ended) })
	}
	return count, err
}

// Wait implements process.Process. ssh ends with status 255 when the connection
// is at fault; a command may end so too, so its words decide.
func (p *program) Wait() (int, error) {
	code, err := p.Process.Wait()
	if err != nil || code != 255 {
		return code, err
	}
	<-p.ended
	p.mu.Lock()
	defer p.mu.Unlock()
	if failure := classify(p.host, string(p.words)); failure.Failure != Other {
		return code, failure
	}
	return code, nil
}
