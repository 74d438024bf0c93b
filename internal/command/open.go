package command

import (
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// load reads the settings and tells what was ignored on the way.
func (r *run) load() error {
	loaded, warnings, err := settings.Load(r.settingsRequest())
	for _, w := range warnings {
		r.say("Warning: %s. %s", w.Summary, w.Detail)
	}
	r.settings = loaded
	return err
}

func (r *run) settingsRequest() settings.Request {
	return settings.Request{
		Profile: r.profile, ConfigDir: r.configDir, Environ: r.Environ, UserHomeDir: r.UserHomeDir,
	}
}

// sessionOptions are the provider's, with everything at its default.
func (r *run) sessionOptions() session.Options {
	return session.Options{
		Settings: r.settings, Persist: true, CAFile: r.caFile, Environ: r.Environ, UserAgent: r.userAgent(), Detach: r.Detach,
		HTTPClient: r.HTTPClient, Now: r.Now, Sleep: r.Sleep,
	}
}

func (r *run) userAgent() string {
	agent := "terraform-provider-earthscope/" + r.Version
	if configured := r.settings.HTTP.UserAgent; configured != "" {
		agent = configured + " " + agent
	}
	return agent
}

// open makes the session of the profile.
func (r *run) open() (*session.Session, error) {
	if err := r.load(); err != nil {
		return nil, err
	}
	return session.New(r.sessionOptions())
}

// tell shows what a person should know although the work went on.
func (r *run) tell(notices []session.Notice) {
	for _, n := range notices {
		r.say("Warning: %s. %s", n.Summary, n.Detail)
	}
}
