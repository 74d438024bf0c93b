//go:build unix

package remote

import (
	"syscall"
	"time"
)

// cpuTime is what this process and its children that have ended have used: unlike
// the time on the wall it does not depend on what else the machine does.
func cpuTime() time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if syscall.Getrusage(who, &usage) == nil {
			total += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	}
	return total
}
