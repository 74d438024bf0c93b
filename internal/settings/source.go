package settings

import "fmt"

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

// String names the source the way a person would look for it. It holds no
// value of a setting.
func (s Source) String() string { return s.at(0, 0) }

// at is String with a line and a column of the file, unless they are zero.
func (s Source) at(line, column int) string {
	place := ""
	if line > 0 {
		place = fmt.Sprintf(", line %d, column %d", line, column)
	}
	switch s.Link {
	case LinkArgument:
		return "argument " + s.Name
	case LinkEnvironment, LinkEnvironmentJSON, LinkBootstrap:
		if s.Key == "" {
			return "environment variable " + s.Name
		}
		return "environment variable " + s.Name + ", key " + s.Key
	case LinkConfigProfile, LinkConfigDefault:
		if s.Key == "" {
			return s.Name + place
		}
		return s.Name + ", table [" + s.Key + "]" + place
	case LinkTokensFile, LinkLegacyFile:
		return s.Name + place
	default:
		return "built-in default"
	}
}
