package container

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// UnavailableError says why this machine can't run containers: it forbids what
// a daemon needs, which no installation of packages would change.
type UnavailableError struct{ Reason string }

// Error implements error.
func (e *UnavailableError) Error() string { return "this machine can't run containers: " + e.Reason }

// Image is the name of the image without content that every daemon has.
const Image = "nothing:latest"

// stopTime is for how long a daemon may shut down before it is killed.
const stopTime = 20 * time.Second

// Daemon is a running dockerd.
type Daemon struct {
	// Host is where clients find it, as DOCKER_HOST.
	Host string

	folder  string
	command *exec.Cmd
	ended   chan struct{} // closed when the process is gone
	log     log
}

// Start starts dockerd in a folder of its own and makes Image. It returns
// *UnavailableError where the machine does not let containers run, and
// exec.ErrNotFound where a program is not installed. ctx limits the start only.
func Start(ctx context.Context) (*Daemon, error) {
	for _, program := range []string{"dockerd", "docker"} {
		if _, err := lookup(program); err != nil {
			return nil, err
		}
	}
	if os.Geteuid() != 0 {
		return nil, &UnavailableError{Reason: "dockerd needs root"}
	}
	var refused *UnavailableError
	// vfs copies every layer, and does where overlays can't be mounted.
	for _, storage := range []string{"overlay2", "vfs"} {
		d, err := start(ctx, storage)
		if err == nil || !errors.As(err, &refused) {
			return d, err
		}
	}
	return nil, refused
}

func start(ctx context.Context, storage string) (*Daemon, error) {
	// Socket names are limited to 107 bytes, which test folders exceed.
	folder, err := os.MkdirTemp("", "es-docker-")
	if err != nil {
		return nil, err
	}
	program, err := lookup("dockerd")
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	d := &Daemon{Host: "unix://" + in("docker.sock"), folder: folder, ended: make(chan struct{})}
	// ctx ends with the start, and the daemon lives on; Stop ends it.
	d.command = exec.CommandContext(context.WithoutCancel(ctx), program, "--data-root", in("data"), "--exec-root", in("exec"), "-H", d.Host, "-p", in("docker.pid"),
		"--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver="+storage)
	d.command.Env = []string{"PATH=" + searchPath(), "HOME=" + folder, "TMPDIR=" + folder}
	d.command.SysProcAttr = ownMounts()
	output, input := io.Pipe()
	d.command.Stdout, d.command.Stderr = input, input
	listening, followed := make(chan struct{}), make(chan struct{})
	go func() {
		d.follow(output, listening)
		close(followed)
	}()
	if err := d.command.Start(); err != nil {
		_ = input.Close()
		_ = os.RemoveAll(folder)
		if errors.Is(err, syscall.EPERM) {
			return nil, &UnavailableError{Reason: "a mount namespace is refused: " + err.Error()}
		}
		return nil, err
	}
	go func() {
		_ = d.command.Wait()
		_ = input.Close()
		<-followed // so that the log is complete where somebody asks why it ended
		close(d.ended)
	}()
	if err := d.ready(ctx, listening); err != nil {
		err = judged(err, d.Log())
		d.Stop()
		return nil, err
	}
	return d, nil
}

// ready waits until the daemon listens, makes the image and tries it.
func (d *Daemon) ready(ctx context.Context, listening <-chan struct{}) error {
	select {
	case <-listening:
	case <-d.ended:
		return errors.New("dockerd ended while it started")
	case <-ctx.Done():
		return fmt.Errorf("dockerd did not start in time: %w", ctx.Err())
	}
	if output, err := d.Docker(ctx, emptyArchive(), "import", "-", Image); err != nil {
		return fmt.Errorf("docker import: %w: %s", err, output)
	}
	trial := append([]string{"run", "--rm", "--network=host"}, Mounts()...)
	if output, err := d.Docker(ctx, nil, append(trial, Image, "/bin/true")...); err != nil {
		return fmt.Errorf("docker run: %w: %s", err, output)
	}
	return nil
}

// emptyArchive is a tar file of nothing: two blocks of zeros.
func emptyArchive() []byte { return make([]byte, 1024) }

// Docker runs a docker command with an input and returns all that it prints.
func (d *Daemon) Docker(ctx context.Context, input []byte, arguments ...string) (string, error) {
	program, err := lookup("docker")
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, program, arguments...)
	command.Env = d.Environ()
	command.Stdin = bytes.NewReader(input)
	output, err := command.CombinedOutput()
	return string(output), err
}

// Environ is what a client needs to find the daemon, and nothing else.
func (d *Daemon) Environ() []string {
	return []string{"DOCKER_HOST=" + d.Host, "HOME=" + d.folder, "PATH=" + searchPath()}
}

// Mounts are the arguments of docker run that give a container this machine's
// programs, read-only.
func Mounts(more ...string) []string {
	var arguments []string
	for _, folder := range append(Folders(), more...) {
		arguments = append(arguments, "--volume="+folder+":"+folder+":ro")
	}
	return arguments
}

// Folders are those that hold this machine's programs and their libraries.
func Folders() []string {
	var found []string
	for _, folder := range []string{"/usr", "/lib", "/lib64", "/bin"} {
		if _, err := os.Stat(folder); err == nil {
			found = append(found, folder)
		}
	}
	return found
}

// Stop ends the daemon with its containers and removes its folder.
func (d *Daemon) Stop() {
	_ = d.command.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-d.ended:
	case <-timer.C:
		_ = d.command.Process.Kill()
		<-d.ended
	}
	_ = os.RemoveAll(d.folder)
}

// Log returns the last lines that the daemon printed.
func (d *Daemon) Log() string { return d.log.tail() }

// follow keeps what the daemon prints and tells when it listens.
func (d *Daemon) follow(output io.Reader, listening chan<- struct{}) {
	lines := bufio.NewScanner(output)
	for told := false; lines.Scan(); {
		d.log.add(lines.Text())
		if !told && strings.Contains(lines.Text(), "API listen on") {
			told = true
			close(listening)
		}
	}
	_, _ = io.Copy(io.Discard, output) // a line too long must not block the daemon
}

// log holds the end of what a process prints.
type log struct {
	mutex sync.Mutex
	lines []string
}

const logLines = 40

func (l *log) add(line string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.lines = append(l.lines, line); len(l.lines) > logLines {
		l.lines = l.lines[1:]
	}
}

func (l *log) tail() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Join(l.lines, "\n")
}
