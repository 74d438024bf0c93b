package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// The exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// Machine is what the commands take from the machine they run on. main fills
// it in; tests give their own.
type Machine struct {
	Version string
	// Environ is the environment in os.Environ form; UserHomeDir finds the home
	// where it names none.
	Environ     []string
	UserHomeDir func() (string, error)
	// Detach is the command line of a program that calls session.FinishRefresh;
	// nil refreshes in this process.
	Detach         []string
	Stdout, Stderr io.Writer

	// HTTPClient, Now and Sleep replace the real ones in tests.
	HTTPClient *http.Client
	Now        func() time.Time
	Sleep      func(context.Context, time.Duration) error
}

// command is one helper command.
type command struct {
	name, arguments, summary, help string
	// flags declares the command's own flags and returns what runs it.
	flags func(*flag.FlagSet) func(context.Context, *run) error
}

// commands are listed in the order of the help.
func commands() []command {
	return []command{tokenCommand(), credentialProcessCommand(), refreshCommand(), loginCommand(), logoutCommand(), doctorCommand()}
}

// Known reports whether name is a helper command.
func Known(name string) bool {
	for _, c := range commands() {
		if c.name == name {
			return true
		}
	}
	return false
}

// List is the part of the help that names the helper commands.
func List() string {
	text := ""
	for _, c := range commands() {
		text += fmt.Sprintf("    %-20s%s\n", c.name, c.summary)
	}
	return text
}

// run is one command that runs.
type run struct {
	Machine
	profile, configDir, caFile string

	settings *settings.Settings
}

// errUsage marks arguments that make no sense.
var errUsage = errors.New("usage")

func usage(format string, values ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errUsage}, values...)...)
}

// errReported fails a command whose output says why already.
var errReported = errors.New("reported")

// Run runs the helper command that the arguments start with and returns the
// exit status. ctx ends it early.
func Run(ctx context.Context, arguments []string, machine Machine) int {
	if machine.Now == nil {
		machine.Now = time.Now
	}
	for _, c := range commands() {
		if c.name == arguments[0] {
			return c.run(ctx, arguments[1:], machine)
		}
	}
	_, _ = fmt.Fprintf(machine.Stderr, "unknown command %q; run with --help\n", arguments[0])
	return statusUsage
}

func (c command) run(ctx context.Context, arguments []string, machine Machine) int {
	r := &run{Machine: machine}
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&r.profile, "profile", "", "`name` of the profile (default: ES_PROFILE, then \"default\")")
	set.StringVar(&r.configDir, "config-dir", "", "`folder` of config.toml and the profiles, if not ~/.earthscope")
	set.StringVar(&r.caFile, "ca-cert-file", "", "PEM `file` of authorities to trust besides the system's")
	work := c.flags(set)
	switch err := set.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		c.printHelp(set, machine.Stdout)
		return statusDone
	case err != nil:
		return c.complain(machine.Stderr, err.Error())
	case set.NArg() > 0:
		return c.complain(machine.Stderr, fmt.Sprintf("unexpected argument %q", set.Arg(0)))
	}
	err := work(ctx, r)
	switch {
	case err == nil:
		return statusDone
	case errors.Is(err, errReported):
		return statusFailed
	case errors.Is(err, errUsage):
		return c.complain(machine.Stderr, err.Error()[len(errUsage.Error()+": "):])
	}
	r.say("Error: %s", message(err))
	return statusFailed
}

func (c command) complain(stderr io.Writer, what string) int {
	_, _ = fmt.Fprintf(stderr, "%s: %s; run \"terraform-provider-earthscope %s --help\"\n", c.name, what, c.name)
	return statusUsage
}

func (c command) printHelp(set *flag.FlagSet, out io.Writer) {
	_, _ = fmt.Fprintf(out, "Usage: terraform-provider-earthscope %s %s\n\n%s\n\n", c.name, c.arguments, c.help)
	set.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		_, _ = fmt.Fprintf(out, "    --%-24s%s\n", f.Name+" "+value, text)
	})
	_, _ = fmt.Fprint(out, "\nSettings come from the same places as the provider's and the SDK's: ES_* variables, config.toml, tokens.json.\n"+
		"Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong arguments.\n")
}

// message words an error for a person.
func message(err error) string {
	var (
		ofSession  *session.Error
		ofAPI      *api.Error
		ofSettings *settings.Error
	)
	switch {
	case errors.As(err, &ofSession):
		return ofSession.Summary + ". " + ofSession.Detail
	case errors.As(err, &ofAPI):
		return ofAPI.Summary + ". " + ofAPI.Detail
	case errors.As(err, &ofSettings):
		return ofSettings.Summary + ". " + ofSettings.Detail
	}
	return err.Error()
}

// say writes a line for the person, print one of the result.
func (r *run) say(format string, values ...any) {
	_, _ = fmt.Fprintf(r.Stderr, format+"\n", values...)
}

// print fails where the result can't be written: a token that went nowhere is
// no success.
func (r *run) print(format string, values ...any) error {
	_, err := fmt.Fprintf(r.Stdout, format+"\n", values...)
	return err
}
