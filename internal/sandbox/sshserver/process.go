package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// process is a running command of a session.
type process struct {
	command *exec.Cmd
}

// runCommand runs one command line, or an interactive shell reading its
// commands from standard input, as sshd does without a terminal.
func (s *session) runCommand(kind, text string) {
	defer func() { _ = s.channel.Close() }() // most often the client closes first
	server := s.connection.server
	_, _ = io.WriteString(s.channel.Stderr(), s.user.Noise.BeforeStderr)
	output := s.output()
	_, _ = io.WriteString(output, s.user.Noise.BeforeStdout) // a client that is gone shows in what follows
	command, err := s.prepare(kind, text)
	if err != nil {
		_, _ = fmt.Fprintf(s.channel.Stderr(), "%v\n", err)
		s.exit(255)
		return
	}
	pipes, err := newPipes(command)
	if err != nil {
		s.exit(255)
		return
	}
	running, err := server.startProcess(command)
	pipes.closeChildSide()
	if err != nil {
		pipes.closeOurSide()
		_, _ = fmt.Fprintln(s.channel.Stderr(), "cannot start the shell")
		s.exit(255)
		return
	}
	s.copyUntilEnd(running, pipes, output)
}

// copyUntilEnd moves data between the client and the command. Like sshd it
// ends the channel only when nobody holds the command's output any more, which
// may be long after the command has ended and its exit status was reported.
func (s *session) copyUntilEnd(running *process, pipes *pipes, output io.Writer) {
	server := s.connection.server
	server.work.Go(func() {
		_, _ = io.Copy(pipes.stdin, s.input()) // ends with the client's data or the command
		_ = pipes.stdin.Close()
	})
	var outputs sync.WaitGroup
	outputs.Go(func() { drain(output, pipes.stdout) })
	outputs.Go(func() { drain(s.channel.Stderr(), pipes.stderr) })

	state, _ := running.command.Process.Wait() // an error leaves state nil: no exit status
	server.processEnded(running)
	// Children that live on may hold the output; the status does not wait for them.
	early := s.user.Noise.AfterStdout == "" && groupAlive(running.command.Process.Pid)
	if early {
		s.report(state)
	}
	stop := server.whenDone(func() {
		_ = pipes.stdout.Close() // a grandchild that escaped may hold the other end
		_ = pipes.stderr.Close()
	})
	outputs.Wait()
	stop()
	_, _ = io.WriteString(output, s.user.Noise.AfterStdout) // the client may be gone
	_, _ = io.WriteString(s.channel.Stderr(), s.user.Noise.AfterStderr)
	if !early {
		s.report(state)
	}
}

// report sends how a command ended: its status, or the signal that killed it.
func (s *session) report(state *os.ProcessState) {
	if state == nil {
		return
	}
	if name := signalName(state); name != "" {
		s.exitSignal(name)
		return
	}
	s.exit(state.ExitCode())
}

// drain copies until the source ends; when the client is gone it closes the
// source, so that the command meets a broken pipe as it would under sshd.
func drain(target io.Writer, source *os.File) {
	_, _ = io.Copy(target, source) // both ends' failures mean the same: no more output
	_ = source.Close()
}

// prepare makes the command with the account's shell, home and environment.
func (s *session) prepare(kind, text string) (*exec.Cmd, error) {
	server := s.connection.server
	name := s.connection.ssh.User()
	home, err := server.Home(name)
	if err != nil {
		return nil, err
	}
	shell := s.user.Shell
	if shell == "" {
		shell = "/bin/sh"
	}
	arguments := []string{"-c", text}
	if kind == "shell" {
		arguments = nil
	}
	program := shell
	if server.imitatesFullDisk() {
		// SIGXFSZ is ignored from here on, so that writes fail instead of killing.
		limit := `trap "" XFSZ; ulimit -f 0; exec "$0" "$@"`
		program, arguments = "/bin/sh", append([]string{"-c", limit, shell}, arguments...)
	}
	environment, err := server.environment(name, home, shell, s.environment)
	if err != nil {
		return nil, err
	}
	// No context: it would kill only the shell, killProcesses takes its children too.
	command := &exec.Cmd{Path: program, Args: append([]string{program}, arguments...), Dir: home, Env: environment}
	separate(command)
	return command, nil
}

// startProcess starts a command unless the server is closing.
func (s *Server) startProcess(command *exec.Cmd) (*process, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return nil, errors.New("the server is closing")
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the shell: %w", err)
	}
	started := &process{command: command}
	s.processes[started] = struct{}{}
	return started, nil
}

// processEnded forgets a command, but remembers its process group when children
// of it live on.
func (s *Server) processEnded(ended *process) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.processes, ended)
	if group := ended.command.Process.Pid; groupAlive(group) {
		s.groups = append(s.groups, group)
	}
	close(s.idle)
	s.idle = make(chan struct{})
}

func (s *Server) killProcesses() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for running := range s.processes {
		killGroup(running.command.Process.Pid)
	}
	for _, group := range s.groups {
		killGroup(group)
	}
}

// transferBegins counts an SFTP session; the function that it returns ends that.
func (s *Server) transferBegins() (ended func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.transfers++
	return func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.transfers--
		close(s.idle)
		s.idle = make(chan struct{})
	}
}

// WaitIdle waits until no command and no SFTP session runs any more, for instance
// to look at what one left behind after its connection was cut. It returns the context's error
// if that comes first.
func (s *Server) WaitIdle(ctx context.Context) error { return s.WaitAtMost(ctx, 0) }

// WaitAtMost is WaitIdle while that many commands and SFTP sessions go on.
func (s *Server) WaitAtMost(ctx context.Context, atMost int) error {
	for {
		s.mutex.Lock()
		running, changed := len(s.processes)+s.transfers, s.idle
		s.mutex.Unlock()
		if running <= atMost {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d commands still run: %w", running, ctx.Err())
		}
	}
}

// pipes are both ends of a command's standard streams.
type pipes struct {
	stdin, stdout, stderr *os.File // ours
	child                 []*os.File
}

func newPipes(command *exec.Cmd) (*pipes, error) {
	var made []*os.File
	pair := func() (*os.File, *os.File, error) {
		reader, writer, err := os.Pipe()
		if err == nil {
			made = append(made, reader, writer)
		}
		return reader, writer, err
	}
	inReader, inWriter, inErr := pair()
	outReader, outWriter, outErr := pair()
	errReader, errWriter, errErr := pair()
	if err := errors.Join(inErr, outErr, errErr); err != nil {
		for _, file := range made {
			_ = file.Close()
		}
		return nil, fmt.Errorf("cannot make the command's pipes: %w", err)
	}
	command.Stdin, command.Stdout, command.Stderr = inReader, outWriter, errWriter
	return &pipes{
		stdin: inWriter, stdout: outReader, stderr: errReader,
		child: []*os.File{inReader, outWriter, errWriter},
	}, nil
}

func (p *pipes) closeChildSide() {
	for _, file := range p.child {
		_ = file.Close() // only our copy
	}
}

func (p *pipes) closeOurSide() {
	for _, file := range []*os.File{p.stdin, p.stdout, p.stderr} {
		_ = file.Close() // never used
	}
}
