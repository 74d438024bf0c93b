// Package identity is an identity server and EarthScope API for tests and for
// the demo. It runs in the process that starts it, listens on the loopback
// interface only, and behaves as Auth0 does where clients can tell the
// difference: refresh token rotation with leeway and reuse detection, the
// device flow (RFC 8628), client credentials, revocation (RFC 7009), rate
// limits, and the statuses and bodies of refusals.
//
// Two things make it useful for tests. Every request is counted and can be
// asked about afterwards ([Server.Requests], [Server.SpentTwice]), with tokens
// named by fingerprint only. And faults can be queued ([Server.Fault]): a
// connection dropped after the token was rotated, a truncated answer, HTML
// where JSON is due.
//
// All users, keys and credentials in it are made up; none opens anything.
package identity
