package files

import "fmt"

// Request is one transaction, as every way of carrying it out takes it.
type Request struct {
	// Paths are the files, as CleanPath returns them.
	Paths []string
	// Edit decides the changes; nil only reads.
	Edit Edit
}

// Report is what a transaction saw and did. It is valid as far as it goes also
// when there is an error: Results then tell which files were replaced.
type Report struct {
	// States are the files as they were before.
	States []State
	// Results are in the order of the paths; nil for a read.
	Results []Result
	// UID is the numeric user on the host, 0 for root, -1 if unknown. Home is the
	// home directory, empty if there is none.
	UID  int
	Home string
	// Remains is what an exchange that broke off may have left on the host.
	Remains Remains
}

// Begin fills Results for the given steps: what no step mentions is unchanged.
func (r *Report) Begin(steps []Step) {
	r.Results = make([]Result, len(r.States))
	for i, state := range r.States {
		r.Results[i] = Result{Path: state.Path, Outcome: Unchanged}
	}
	for _, step := range steps {
		r.Results[step.Index].Outcome = Pending
	}
}

// Finish records that a step is done. removed is how many directories went with
// a deleted file. A directory is credited to the first file that needed it.
func (r *Report) Finish(step Step, removed int) {
	result := &r.Results[step.Index]
	if step.Change.Delete {
		result.Outcome = Deleted
		dirs := ParentDirs(step.State.Path, removed)
		for i := len(dirs) - 1; i >= 0; i-- {
			result.RemovedDirs = append(result.RemovedDirs, dirs[i])
		}
		return
	}
	result.Outcome = Written
	taken := make(map[string]bool)
	for _, other := range r.Results {
		for _, dir := range other.CreatedDirs {
			taken[dir] = true
		}
	}
	for _, dir := range step.State.MissingDirs {
		if !taken[dir] {
			result.CreatedDirs = append(result.CreatedDirs, dir)
		}
	}
}

// LostError reports that the exchange broke off. Each file is the old one or
// the new one; Sent tells whether the new content was on its way, so that only
// reading the files again can tell which.
type LostError struct {
	// Sent is true once the new content was handed to the connection.
	Sent bool
	// Cause is what the transport said.
	Cause error
}

// Error implements error.
func (e *LostError) Error() string {
	if e.Sent {
		return fmt.Sprintf("connection lost before the host confirmed the write: %v", e.Cause)
	}
	return fmt.Sprintf("connection lost, nothing was written: %v", e.Cause)
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Cause }
