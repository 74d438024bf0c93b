// Package session keeps EarthScope tokens fresh: it decides whether the access
// token at hand can still be used, refreshes it when it cannot, and saves what
// the identity server hands back before anybody uses it.
//
// A session is an issuer, a client and a refresh token or client secret. Three
// rules hold throughout:
//
//   - One request per token lifetime. Consumers in a process share one flight,
//     processes share a lock and a store, and the store is read again after the
//     lock is taken and before a token is spent.
//   - A rotated refresh token is on disk before it is used; its ancestors are
//     remembered as its lineage, so that a configured token that is some
//     generations old still resolves to the newest one.
//   - A refused token is not sent again: the refusal is stored beside the
//     session and holds for every process until the token changes or a few
//     minutes pass.
//
// Nothing here imports Terraform. Time, HTTP and waiting are injected.
package session
