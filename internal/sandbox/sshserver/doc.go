// Package sshserver is an SSH server for tests and demonstrations. It runs in
// the process that starts it, listens on loopback, and behaves like a stock
// OpenSSH sshd where a client can tell: limits, refusals, exit statuses, what a
// child process sees when the connection is cut.
//
// An account's home is a directory of the real file system, exec requests run a
// real shell in it, and SFTP serves the same files, so that a client's real
// scripts are exercised. Nothing is confined: a command can do whatever the
// process running the tests can. Only loopback can be reached through it.
//
// On top of that come faults (cuts, stalls, a booting host, a changed host key,
// a full or read-only disk) and counters that say what a client really did:
// connections, logins, channels, commands.
package sshserver
