//go:build !race

package bootstrap

// raceFactor is how many times as much is allocated with the race detector, at most.
const raceFactor = 1.0
