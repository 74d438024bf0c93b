// Package api asks EarthScope's API for what belongs to the logged-in user:
// the profile and temporary AWS credentials. It follows earthscope-sdk 1.9.3
// in its addresses, its retries and its cache.
//
// Four rules hold throughout:
//
//   - The access token goes only to the hosts that oauth2.allowed_hosts names,
//     and never along a redirect.
//   - A verdict (any 4xx that is not in http.retry.status_codes) is final.
//     About AWS credentials it is remembered for a minute, so that a hundred
//     consumers of a role that is refused ask once.
//   - Concurrent callers of the same thing share one request.
//   - Nothing of an answer's body is in an error: it may hold credentials.
//
// The retry loop is written out rather than taken from go-retryablehttp: the
// SDK's rules replace that library's decision what to retry, its waits, its
// limits and its error for giving up, and its timer can't be replaced by a
// test's clock, so that nothing of it would be left but a for statement.
package api
