package provider

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
)

// Dependencies are what the provider takes from the machine it runs on. main
// fills them in; tests give their own, so that they run side by side.
type Dependencies struct {
	// Environ is the environment, in os.Environ form: ES_* variables, proxies,
	// TF_APPEND_USER_AGENT.
	Environ []string
	// UserHomeDir finds the home directory; nil or an error means that there is
	// none.
	UserHomeDir func() (string, error)
	// ReadFile reads configuration files and token stores; nil is os.ReadFile.
	ReadFile func(name string) ([]byte, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Sleep waits between requests until its context ends; nil really waits.
	Sleep func(context.Context, time.Duration) error
	// HTTPClient talks to the identity server; nil builds one with the block's
	// ca_cert_file and the proxies of Environ.
	HTTPClient *http.Client
	// Detach is the command line of a program that calls session.FinishRefresh;
	// nil refreshes in this process.
	Detach []string
	// Remote is how hosts are reached: home, ssh program, limits, network. Its
	// Environ is the one above where it has none.
	Remote remote.Options
	// BeforeHosts is called once, before the first host is reached; nil does
	// nothing.
	BeforeHosts func()
}

var errNoHome = errors.New("there is no home directory")

func (d Dependencies) withDefaults() Dependencies {
	if d.UserHomeDir == nil {
		d.UserHomeDir = func() (string, error) { return "", errNoHome }
	}
	if d.ReadFile == nil {
		d.ReadFile = os.ReadFile
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return d
}

// variable returns the value of an environment variable, "" where it is unset.
// Of two assignments the last one counts, as in the shell.
func (d Dependencies) variable(name string) string {
	value := ""
	for _, assignment := range d.Environ {
		if key, v, _ := strings.Cut(assignment, "="); key == name {
			value = v
		}
	}
	return value
}
