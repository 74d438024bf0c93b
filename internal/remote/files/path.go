package files

import (
	"path"
	"strings"
	"unicode/utf8"
)

// CleanPath checks a path and puts it into the one form that is used as its
// key: absolute, or below the home directory as "~/…", without empty, "." or
// ".." elements. "~user/" is refused, since only a login shell could expand it.
// The error is an *Error of reason InvalidPath.
func CleanPath(given string) (string, error) {
	invalid := func(why string) (string, error) {
		return "", &Error{Path: given, Reason: InvalidPath, Detail: why}
	}
	switch {
	case given == "":
		return invalid("it is empty")
	case !utf8.ValidString(given):
		return invalid("it is not UTF-8")
	case strings.ContainsAny(given, "\x00\n\r"):
		return invalid("it contains a line break or a NUL")
	case len(given) > 1024:
		return invalid("it is longer than 1024 bytes")
	case strings.HasSuffix(given, "/"):
		return invalid("it ends with a slash, so it names a directory")
	}
	base := "/"
	switch {
	case strings.HasPrefix(given, "~/"):
		base = "~/"
	case strings.HasPrefix(given, "~"):
		return invalid("only ~/ is expanded; write another user's home as an absolute path")
	case !strings.HasPrefix(given, "/"):
		return invalid("it is relative; start it with / or ~/")
	}
	for _, element := range strings.Split(given, "/") {
		if element == ".." {
			return invalid("it contains ..")
		}
	}
	cleaned := path.Clean("/" + strings.TrimPrefix(given, base))
	if cleaned == "/" || strings.HasSuffix(given, "/.") {
		return invalid("it names a directory")
	}
	return strings.TrimSuffix(base, "/") + cleaned, nil
}

// ParentDirs returns the last count directories that lead to the cleaned path,
// outermost first.
func ParentDirs(cleaned string, count int) []string {
	var dirs []string
	for dir := path.Dir(cleaned); count > 0 && dir != "/" && dir != "~" && dir != "."; count-- {
		dirs = append([]string{dir}, dirs...)
		dir = path.Dir(dir)
	}
	return dirs
}

// RemovalLevels translates the directories that shall go with a deleted file
// into the number of levels above it. The error is an *Error of reason
// InvalidPath if they are no unbroken chain of parents.
func RemovalLevels(cleaned string, dirs []string) (int, error) {
	wanted := make(map[string]bool, len(dirs))
	for _, dir := range dirs {
		wanted[strings.TrimSuffix(dir, "/")] = true
	}
	levels := 0
	for dir := path.Dir(cleaned); wanted[dir]; dir = path.Dir(dir) {
		delete(wanted, dir)
		levels++
	}
	for dir := range wanted {
		return 0, &Error{Path: dir, Reason: InvalidPath, Detail: "it is not in the chain of directories above " + cleaned}
	}
	return levels, nil
}
