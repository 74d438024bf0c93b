package sshconfig

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"
)

func (r Reader) expandAll(paths []string, s Settings) []string {
	var expanded []string
	for _, path := range paths {
		if full, ok := r.expand(strings.Trim(path, `"`), s); ok && path != "none" {
			expanded = append(expanded, full)
		}
	}
	return expanded
}

// expand resolves ~, environment variables and the tokens of ssh_config(5) that a
// path may hold. ok is false for a token or a variable that is not known here.
func (r Reader) expand(path string, s Settings) (full string, ok bool) {
	if rest, found := strings.CutPrefix(path, "~/"); found {
		path = filepath.Join(r.Home, rest)
	}
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if name, found := variableAt(path, i); found {
			value := r.getenv(name)
			if value == "" {
				return "", false // ssh stops there
			}
			out.WriteString(value)
			i += len(name) + len("${}") - 1
			continue
		}
		if path[i] != '%' || i+1 == len(path) {
			out.WriteByte(path[i])
			continue
		}
		i++
		value, known := r.token(path[i], s)
		if !known {
			return "", false
		}
		out.WriteString(value)
	}
	return out.String(), true
}

// variableAt returns the name in ${NAME} at a position.
func variableAt(path string, i int) (name string, found bool) {
	rest, found := strings.CutPrefix(path[i:], "${")
	if !found {
		return "", false
	}
	name, _, found = strings.Cut(rest, "}")
	return name, found
}

func (r Reader) token(letter byte, s Settings) (value string, known bool) {
	switch letter {
	case '%':
		return "%", true
	case 'd':
		return r.Home, true
	case 'h':
		return s.HostName, true
	case 'k':
		return cmp.Or(s.HostKeyAlias, s.given), true
	case 'n':
		return s.given, true
	case 'p':
		return strconv.Itoa(s.Port), true
	case 'r':
		return s.User, true
	case 'u':
		return r.LocalUser, r.LocalUser != ""
	}
	return "", false
}

func (r Reader) getenv(name string) string {
	if name == "HOME" {
		return r.Home
	}
	for i := len(r.Environ) - 1; i >= 0; i-- {
		if value, found := strings.CutPrefix(r.Environ[i], name+"="); found {
			return value
		}
	}
	return ""
}
