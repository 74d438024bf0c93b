package process

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
)

// command is a process of this machine.
type command struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr *os.File
	once           sync.Once
	waited         chan struct{}
	code           int
	err            error
}

// FromCommand starts cmd, which must have no streams set, in a process group of
// its own and returns it as a Process. The error is that of exec.Cmd.Start.
func FromCommand(cmd *exec.Cmd) (Process, error) {
	p := &command{cmd: cmd, waited: make(chan struct{})}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	var writers [2]*os.File
	if p.stdout, writers[0], err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.stderr, writers[1], err = os.Pipe(); err != nil {
		return nil, errors.Join(err, p.stdout.Close(), writers[0].Close())
	}
	cmd.Stdout, cmd.Stderr = writers[0], writers[1]
	ownGroup(cmd)
	err = cmd.Start()
	_ = writers[0].Close()
	_ = writers[1].Close()
	if err != nil {
		return nil, errors.Join(err, p.stdout.Close(), p.stderr.Close())
	}
	go p.wait()
	return p, nil
}

func (p *command) wait() {
	defer close(p.waited)
	err := p.cmd.Wait()
	p.code = p.cmd.ProcessState.ExitCode()
	if p.code < 0 {
		p.err = err
	}
}

// Stdin implements Process.
func (p *command) Stdin() io.WriteCloser { return p.stdin }

// Stdout implements Process.
func (p *command) Stdout() io.Reader { return p.stdout }

// Stderr implements Process.
func (p *command) Stderr() io.Reader { return p.stderr }

// Wait implements Process.
func (p *command) Wait() (int, error) {
	<-p.waited
	return p.code, p.err
}

// Kill implements Process. The streams are closed, which a script of ours takes
// as the end of the exchange and cleans up; a signal would not let it.
func (p *command) Kill() {
	p.once.Do(func() {
		_ = p.stdin.Close()
		_ = p.stdout.Close()
		_ = p.stderr.Close()
	})
}
