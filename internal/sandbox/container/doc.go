// Package container starts a Docker daemon of a test's own, without network
// and without root's usual folders, so that files made for containers can be
// tried in real ones. Nothing is downloaded: the image is empty, and what a
// container runs is mounted from this machine, read-only.
package container
