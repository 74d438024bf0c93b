package command

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func doctorCommand() command {
	return command{
		name: "doctor", arguments: "[--profile NAME] [--all]", summary: "say where settings come from and what is wrong; holds no secret",
		help: "Reports every setting that is set, with its source; the store and its lock; the session; the clock; and whether the servers can be\n" +
			"reached. It spends and changes nothing, and the report can be pasted into an issue: no token is in it. It fails if something is wrong.",
		flags: func(set *flag.FlagSet) func(context.Context, *run) error {
			all := set.Bool("all", false, "list the settings that have their default, too")
			return func(ctx context.Context, r *run) error { return (&doctor{run: r, all: *all}).examine(ctx) }
		},
	}
}

// doctor collects findings. It writes them to standard output, since they are
// the result.
type doctor struct {
	*run
	all   bool
	wrong int
}

func (d *doctor) line(format string, values ...any) {
	_, _ = fmt.Fprintf(d.Stdout, format+"\n", values...)
}

// bad reports something that has to be mended.
func (d *doctor) bad(format string, values ...any) {
	d.wrong++
	d.line("  ! "+format, values...)
}

func (d *doctor) examine(ctx context.Context) error {
	d.line("terraform-provider-earthscope %s", d.Version)
	loaded, warnings, err := settings.Load(d.settingsRequest())
	d.line("\nSettings")
	for _, w := range warnings {
		d.bad("%s. %s", w.Summary, w.Detail)
	}
	if err != nil {
		d.bad("%s", message(err))
		return errReported
	}
	d.settings = loaded
	for _, line := range loaded.Describe() {
		if d.all || line.Path == "profile" || line.Source.Link != settings.LinkDefault {
			d.line("  %s", line)
		}
	}
	d.examineStore(ctx)
	d.examineSession(ctx)
	d.examineServers(ctx)
	d.line("")
	if d.wrong > 0 {
		d.line("%d finding(s) marked with ! need attention.", d.wrong)
		return errReported
	}
	d.line("Nothing is wrong.")
	return nil
}

// lockPatience is how long the report waits for the lock of a refresh.
const lockPatience = 500 * time.Millisecond

func (d *doctor) examineStore(ctx context.Context) {
	d.line("\nStore")
	root := d.settings.Paths.ConfigDir
	if root == "" {
		d.bad("There is no home directory; tokens are kept in memory only. Set HOME or config_dir.")
		return
	}
	if _, err := os.Stat(root); err != nil {
		d.line("  %s is not there yet; it is made at the first login.", root)
		return
	}
	d.examineFile(d.settings.Paths.ConfigFile, false)
	d.examineFile(d.settings.Paths.TokensFile, true)
	if _, err := os.Stat(d.settings.Paths.ProfileDir); err != nil {
		d.line("  nothing is saved for this profile")
		return
	}
	store := session.NewFileStore(root)
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	switch lock, err := store.Lock(waiting, store.Login(d.settings.ProfileSlug)); {
	case err != nil:
		d.bad("lock: %v", err)
	case lock.Degraded() != nil:
		d.bad("lock: this file system has none (%v); parallel runs may refresh at once", lock.Degraded())
		lock.Release()
	default:
		d.line("  lock: free, and the folder can be written")
		lock.Release()
	}
	if pending, err := store.Pending(ctx, d.settings.ProfileSlug); err == nil && len(pending) > 0 {
		d.bad("%d replaced session(s) still wait to be revoked: run \"terraform-provider-earthscope logout --revoke\" or the revoke action", len(pending))
	}
}

// examineFile reports a file's presence and, for secrets, its permissions.
func (d *doctor) examineFile(path string, secret bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		d.line("  %s: not there", path)
	case secret && info.Mode().Perm()&0o077 != 0 && !onWindows:
		d.bad("%s: mode %04o lets others read it; run chmod 600", path, info.Mode().Perm())
	default:
		d.line("  %s: %d bytes, mode %04o, changed %s", path, info.Size(), info.Mode().Perm(), info.ModTime().UTC().Format(time.RFC3339))
	}
}

func (d *doctor) examineSession(ctx context.Context) {
	d.line("\nSession")
	s, err := session.New(d.sessionOptions())
	if err != nil {
		d.bad("%s", message(err))
		return
	}
	facts, err := s.Facts(ctx)
	if err != nil {
		d.bad("%s", message(err))
		return
	}
	rotation := string(facts.Rotation)
	if rotation == "" {
		rotation = "not known yet"
	}
	d.line("  flow: %s, from %s", facts.Flow, facts.Source)
	d.line("  identity server: %s, client %s", settings.RedactURL(facts.Issuer), facts.ClientID)
	d.line("  user: %s", orUnknown(facts.Subject))
	d.line("  rotation of refresh tokens: %s", rotation)
	if _, fingerprint, err := s.RefreshToken(ctx); err == nil {
		d.line("  refresh token: fingerprint %s", fingerprint)
	}
}

func orUnknown(text string) string {
	if text == "" {
		return "not known yet"
	}
	return text
}
