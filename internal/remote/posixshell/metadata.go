package posixshell

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// readMetadata reads two lines of ls: with numeric owners, which parses safely,
// and with names, in which a group may contain spaces.
func (s *stream) readMetadata(state *files.State) error {
	var lines [2][]string
	for i, want := range []string{"num", "nam"} {
		verb, rest, err := s.next()
		if err != nil {
			return err
		}
		if verb != want {
			return fmt.Errorf("remote script: %q where %q was expected", verb, want)
		}
		lines[i] = strings.Fields(rest)
	}
	return parseMetadata(state, lines[0], lines[1])
}

func parseMetadata(state *files.State, numeric, named []string) error {
	if len(numeric) < 6 || len(numeric[0]) < 10 {
		return fmt.Errorf("%s: the host's ls does not print what POSIX says", state.Path)
	}
	uid, errUID := strconv.Atoi(numeric[2])
	gid, errGID := strconv.Atoi(numeric[3])
	if errUID != nil || errGID != nil {
		return fmt.Errorf("%s: the host's ls -n prints no numbers", state.Path)
	}
	state.Mode = parseMode(numeric[0])
	state.UID, state.GID = uid, gid
	state.Owner, state.Group = numeric[2], numeric[3]
	state.Stamp = numeric[0] + "," + numeric[2] + "," + numeric[3]
	if len(named) > 2 {
		state.Owner = named[2]
	}
	for i := 4; i < len(named); i++ {
		if named[i] == numeric[4] {
			state.Group = strings.Join(named[3:i], " ")
			break
		}
	}
	return nil
}

// parseMode reads the permission bits of a mode as ls prints it, such as
// "-rwxr-x---" followed by a mark for further access rules.
func parseMode(text string) fs.FileMode {
	var mode fs.FileMode
	for i := range 9 {
		switch text[i+1] {
		case 'r', 'w', 'x', 's', 't':
			mode |= 1 << (8 - i)
		}
	}
	return mode
}
