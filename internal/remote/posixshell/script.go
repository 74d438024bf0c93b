// Package posixshell reads and changes files on a host through one run of a
// constant POSIX sh script: the script shows the files, the edit is computed
// here, and the new content travels back on standard input. That is one
// session and three round trips, in which a lock is held, the originals are
// compared before they are replaced, and nothing is replaced before the whole
// payload has arrived.
package posixshell

import (
	_ "embed"
	"strings"
)

//go:embed transaction.sh
var source string

// script is the source folded into one line, without its comments.
var script = fold(source)

func fold(text string) string {
	var line strings.Builder
	for _, part := range strings.Split(text, "\n") {
		part = strings.TrimSpace(part)
		if part == "" || strings.HasPrefix(part, "#") {
			continue
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(part)
	}
	return line.String()
}
