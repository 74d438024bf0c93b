// Package bootstrap edits the text of the files that give the EarthScope SDK its settings on a host: config.toml,
// tokens.json, environment files, shell profiles and Compose files. It does no input or output: bytes go in, bytes come
// out, and the caller brings them to the host.
//
// Every format is an [Editor]. Edit merges settings into a text and says in a [Record] what it put there; Remove is the
// exact inverse, also when others edited the text meanwhile; Inspect compares without giving out a value.
//
// The formats share three rules:
//
//   - Entries are whole lines wherever the format allows, so that taking them out restores every other byte. In a file
//     without a final newline an entry goes after the last line and again has no final newline: which entry caused a
//     newline never has to be remembered, and several records in one file can be removed in any order.
//   - A comment line ([Mark]) stands above each group of entries. It tells a reader where they come from and lets an
//     interrupted run recognise its own work when no record was saved. Where several share a file, the mark of those who
//     stay also keeps how the file was before ([Former]) for whoever leaves last.
//   - Every edit is parsed again before it is returned. A result that does not differ from the input in exactly the
//     wanted entries is an [UnsupportedError], never a damaged file.
package bootstrap
