package provider

import (
	"os"
	"strings"
)

// quietVariables end what the plugin libraries and this provider log.
var quietVariables = []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER_EARTHSCOPE"}

// logsAreRead reports whether anybody asked for a log. Terraform passes its own
// environment on, and without one of these variables it drops what a provider
// logs.
func logsAreRead(environ []string) bool {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "TF_LOG") && value != "" {
			return true
		}
	}
	return false
}

// quiet turns off logs that nobody reads. The plugin libraries log at TRACE
// unless told otherwise, some 600 lines for each resource: a third of the
// processor time of a plan went into making lines, and into Terraform's parsing
// them, only to drop them.
func quiet(environ []string) error {
	if logsAreRead(environ) {
		return nil
	}
	for _, name := range quietVariables {
		if err := os.Setenv(name, "OFF"); err != nil {
			return err
		}
	}
	return nil
}
