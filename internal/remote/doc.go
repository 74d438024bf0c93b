// Package remote reaches hosts and changes files on them safely.
//
// A Pool keeps one connection per host and identity, and one to each jump host.
// Transact reads files, lets the caller decide what becomes of them, and
// replaces them so that each is either the old or the new one, whatever breaks:
// in one session with a shell script (package posixshell) or, where an account
// has no shell, over SFTP (package sftp). Run runs one command. Besides its own
// SSH, hosts are reached through the machine's ssh program (package sshprogram),
// and this machine's files without any.
//
// Nothing here knows of Terraform or of what the files mean.
package remote
