//go:build !unix

package remote

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
