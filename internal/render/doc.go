// Package render writes EarthScope settings in the forms in which the
// earthscope-sdk reads them somewhere else: environment variables, the JSON of
// ES_BOOTSTRAP_SETTINGS, a config.toml, and the references of a container
// definition. It is pure: text in, text out.
//
// Settings are checked against what earthscope-sdk 1.9.3 knows and accepts, so
// that a mistake shows here and not in two hundred workers. Errors name
// settings and never quote a value.
package render
