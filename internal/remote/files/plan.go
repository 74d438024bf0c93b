package files

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

// Step is a Change checked against the State that it was decided upon: exactly
// what a transport has to do.
type Step struct {
	// Index is the position of the file in the transaction, from 0.
	Index int
	// State is the file as it was read.
	State State
	// Change is what shall become of it, Mode filled in.
	Change Change
	// Levels is how many directories to remove with a deleted file.
	Levels int
	// Owner is the argument for chown ("user:group", "user", ":group", numbers
	// to keep what is there), or "-" when nothing has to be set.
	Owner string
}

var ownerName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@$-]*$`)

// Plan checks the changes that an edit returned and drops those that change
// nothing. uid is the numeric user that writes, -1 if unknown. Errors: *Error
// for a file that can't be edited, a plain error for a change that names a file
// outside the transaction or twice.
func Plan(states []State, changes []Change, uid int) ([]Step, error) {
	index := make(map[string]int, len(states))
	for i, state := range states {
		index[state.Path] = i
	}
	seen := make(map[int]bool, len(changes))
	var steps []Step
	for _, change := range changes {
		i, ok := index[change.Path]
		if !ok || seen[i] {
			return nil, fmt.Errorf("edit of %q: not a file of this transaction, or named twice", change.Path)
		}
		seen[i] = true
		step, needed, err := plan(states[i], change, uid)
		if err != nil {
			return nil, err
		}
		if needed {
			step.Index = i
			steps = append(steps, step)
		}
	}
	return steps, nil
}

func plan(state State, change Change, uid int) (Step, bool, error) {
	step := Step{State: state, Change: change, Owner: "-"}
	if state.Err != nil {
		return step, false, state.Err
	}
	if change.Delete {
		levels, err := RemovalLevels(state.Path, change.RemoveDirs)
		step.Levels = levels
		return step, state.Exists || levels > 0, err
	}
	if len(change.Content) > MaxSize {
		return step, false, &Error{Path: state.Path, Reason: TooLarge}
	}
	if step.Change.Mode == 0 {
		step.Change.Mode = DefaultMode
		if state.Exists {
			step.Change.Mode = state.Mode
		}
	}
	step.Change.Mode = step.Change.Mode.Perm()
	for _, name := range []string{change.Owner, change.Group} {
		if name != "" && !ownerName.MatchString(name) {
			return step, false, &Error{Path: state.Path, Reason: UnknownOwner, Detail: "a name or a number is needed"}
		}
	}
	ownerDiffers := change.Owner != "" && (!state.Exists || change.Owner != state.Owner && change.Owner != strconv.Itoa(state.UID))
	groupDiffers := change.Group != "" && (!state.Exists || change.Group != state.Group && change.Group != strconv.Itoa(state.GID))
	step.Owner = ownership(state, step.Change, uid)
	same := state.Exists && bytes.Equal(state.Content, change.Content) && step.Change.Mode == state.Mode
	return step, !same || ownerDiffers || groupDiffers, nil
}

// ownership words the chown argument. The replacement is a new inode, so the
// owner of an existing file, if it is not ours, must be set again, and so must
// the group where it has a say: only root can always set it.
func ownership(state State, change Change, uid int) string {
	owner, group := change.Owner, change.Group
	if state.Exists {
		if owner == "" && state.UID != uid {
			owner = strconv.Itoa(state.UID)
		}
		if group == "" && (uid == 0 || change.Mode&0o070 != 0) {
			group = strconv.Itoa(state.GID)
		}
	}
	switch {
	case owner == "" && group == "":
		return "-"
	case group == "":
		return owner
	default:
		return owner + ":" + group
	}
}
