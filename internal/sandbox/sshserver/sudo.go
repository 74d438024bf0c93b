package sshserver

import (
	"strings"
)

// FakeSudo returns a script for Options.Tools["sudo"] that understands -n, -S,
// -k, -H, -p PROMPT, -u USER and --, and answers as sudo does: it asks on
// standard error, reads the password as a line of standard input with -S, lets
// three attempts pass, and clears the environment. An empty password means
// NOPASSWD: then nothing is read. Only the users listed may be taken on.
//
// The command runs as the same system user; only HOME, which is that account's
// home on the server, and USER, LOGNAME and SUDO_USER change.
func FakeSudo(password string, users ...string) string {
	quoted := make([]string, len(users))
	for i, user := range users {
		quoted[i] = quoteShell(user)
	}
	allowed := strings.Join(quoted, "|")
	if allowed == "" {
		allowed = "''"
	}
	return strings.NewReplacer("@PASSWORD@", quoteShell(password), "@ALLOWED@", allowed).Replace(fakeSudoScript)
}

func quoteShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

const fakeSudoScript = `#!/bin/sh
password=@PASSWORD@ target=root ask=terminal prompt="[sudo] password for $USER: "
while [ $# -gt 0 ]; do
	case $1 in
	-n) ask=never ;;
	-S) [ "$ask" = never ] || ask=stdin ;;
	-k | -H) ;;
	-p) prompt=$2; shift ;;
	-u) target=$2; shift ;;
	--) shift; break ;;
	-*) echo "sudo: unsupported option $1" >&2; exit 1 ;;
	*) break ;;
	esac
	shift
done
if [ -n "$password" ]; then
	case $ask in
	never) echo "sudo: a password is required" >&2; exit 1 ;;
	terminal)
		echo "sudo: a terminal is required to read the password; either use the -S option" \
			"to read from standard input or configure an askpass helper" >&2
		echo "sudo: a password is required" >&2
		exit 1 ;;
	esac
	tries=0
	while :; do
		printf %s "$prompt" >&2
		if ! IFS= read -r answer; then
			echo >&2
			echo "sudo: no password was provided" >&2
			[ "$tries" -eq 0 ] || echo "sudo: $tries incorrect password attempt(s)" >&2
			exit 1
		fi
		[ "$answer" != "$password" ] || break
		tries=$((tries + 1))
		if [ "$tries" -eq 3 ]; then
			echo "sudo: 3 incorrect password attempts" >&2
			exit 1
		fi
		echo "Sorry, try again." >&2
	done
fi
case $target in
@ALLOWED@) ;;
*) echo "Sorry, user $USER is not allowed to execute '$1' as $target on sandbox." >&2; exit 1 ;;
esac
home=${HOME%/*}/$target
mkdir -p -m 700 "$home" || exit 1
exec env -i HOME="$home" USER="$target" LOGNAME="$target" SUDO_USER="$USER" SHELL=/bin/sh PATH="$PATH" "$@"
`
