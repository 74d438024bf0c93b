// Package delayproxy is a TCP proxy for tests and measurements. It stands
// between a client and any server, adds the latency of a distant network,
// breaks connections at exact bytes, and counts round trips without looking at
// the clock.
//
// # Counting round trips
//
// Every piece of data carries a number: what a client sends has the highest
// number it has been given so far; what a server sends has one more than the
// highest number that had reached it. The highest number that reaches a client
// is therefore the length of the longest chain of question and answer, however
// the data was cut into packets and however long either side took to compute.
// That chain and the connect are the round trips of a connection.
//
// The count is exact as long as the delay is longer than the pauses within one
// answer: a server that pauses longer may be talking to something it received in
// between, and is counted so. With 50 ms or more an SSH server on the same
// machine stays well below.
package delayproxy
