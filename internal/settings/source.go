package settings

// Link is one link of the SDK's chain of sources. A higher Link outranks a
// lower one (earthscope-sdk 1.9.3: arguments > nested environment variables >
// JSON environment variables > config.toml profile > config.toml default >
// tokens.json > legacy CLI state > ES_BOOTSTRAP_SETTINGS > built-in default).
type Link int

// The links, lowest rank first.
const (
	LinkDefault Link = iota
	LinkBootstrap
	LinkLegacyFile
	LinkTokensFile
	LinkConfigDefault
	LinkConfigProfile
	LinkEnvironmentJSON
	LinkEnvironment
	LinkArgument
)

// Source says where the value of a setting came from. It never holds the
// value itself.
type Source struct {
	Link Link
	// Name is the provider argument, the environment variable as spelled in
	// the environment, or the path of the file.
	Name string
	// Key is the place inside Name: the table of a config.toml, the JSON key.
	// Empty where Name says it all.
	Key string
}
