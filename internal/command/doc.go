// Package command is what the provider's binary does when a person or a tool
// runs it: hand out a token, log in and out, say what is wrong. It works with
// the provider's settings, store and lock, so that a consumer in a long run, or
// on the machine afterwards, fetches instead of holding a string that expires.
//
// Results go to standard output, everything else to standard error. The exit
// status is 0 when the work is done, 1 when it failed, 2 when the arguments
// were wrong.
package command
