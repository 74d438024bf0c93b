package sshserver

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// systemPath is where commands look for tools, as in Debian's default PATH.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment gives the whole environment of a command. It does not pass on the
// environment of this process.
func (s *Server) environment(user, home, shell string, requested map[string]string) ([]string, error) {
	path, err := s.commandPath()
	if err != nil {
		return nil, err
	}
	variables := map[string]string{
		"HOME": home, "USER": user, "LOGNAME": user, "SHELL": shell, "PATH": path,
		"SSH_CONNECTION": "127.0.0.1 0 " + s.Host() + " " + s.Port(),
	}
	if runtime.GOOS == "windows" {
		variables["SystemRoot"] = os.Getenv("SystemRoot") // programs do not start without it
	}
	maps.Copy(variables, requested)
	maps.Copy(variables, s.options.Environment)
	list := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, name+"="+variables[name])
	}
	return list, nil
}

// commandPath returns the PATH, made on first use when tools are added or
// hidden.
func (s *Server) commandPath() (string, error) {
	if len(s.options.Tools) == 0 && len(s.options.HideTools) == 0 {
		return systemPath, nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.toolPath != "" {
		return s.toolPath, nil
	}
	own := filepath.Join(s.root, "tools")
	if err := writeTools(own, s.options.Tools); err != nil {
		return "", err
	}
	path := own + ":" + systemPath
	if len(s.options.HideTools) > 0 {
		visible := filepath.Join(s.root, "visible-tools")
		if err := linkTools(visible, s.options.HideTools); err != nil {
			return "", err
		}
		path = own + ":" + visible
	}
	s.toolPath = path
	return path, nil
}

func writeTools(directory string, tools map[string]string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory for tools: %w", err)
	}
	// A child process forked while a script is open for writing would hold it
	// open, and the system refuses to run a file that is being written.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for name, script := range tools {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(script), 0o755); err != nil {
			return fmt.Errorf("cannot write the tool %s: %w", name, err)
		}
	}
	return nil
}

// linkTools fills a directory with links to every system tool but the hidden
// ones; the first directory of the PATH that has a tool wins.
func linkTools(directory string, hidden []string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory for tools: %w", err)
	}
	for source := range strings.SplitSeq(systemPath, ":") {
		entries, err := os.ReadDir(source)
		if err != nil {
			continue // not every system has every directory
		}
		for _, entry := range entries {
			if slices.Contains(hidden, entry.Name()) {
				continue
			}
			err := os.Symlink(filepath.Join(source, entry.Name()), filepath.Join(directory, entry.Name()))
			if err != nil && !os.IsExist(err) {
				return fmt.Errorf("cannot link the tool %s: %w", entry.Name(), err)
			}
		}
	}
	return nil
}
