package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const planFile = "tfplan"

// newConfiguration copies an example into a folder of its own: a fresh one, so
// that no lock file pins an earlier build of the provider.
func (d *demo) newConfiguration(example string) (*configuration, error) {
	c := &configuration{folder: d.work.path(example)}
	if err := os.CopyFS(c.folder, os.DirFS(filepath.Join(d.work.source, "examples", "demo", example))); err != nil {
		return nil, fmt.Errorf("copy examples/demo/%s: %w", example, err)
	}
	return c, nil
}

// identityOutput is what the example says about each provider block.
type identityOutput struct {
	Subject   string    `json:"subject"`
	ExpiresAt time.Time `json:"expires_at"`
	Source    string    `json:"source"`
	Flow      string    `json:"flow"`
}

// applyEphemeral applies the example and shows what became of the token.
func (d *demo) applyEphemeral(ctx context.Context) error {
	c, err := d.newConfiguration("ephemeral")
	if err != nil {
		return err
	}
	d.ephemeral = c
	c.logs = d.work.path("logs", "trace.log")
	c.variables = map[string]string{"sandbox_command": d.work.sandboxCommand()}
	for _, arguments := range [][]string{{"init"}, {"plan", "-out=" + planFile}, {"apply", planFile}} {
		if _, _, err := d.terraformStep(ctx, c, arguments...); err != nil {
			return err
		}
	}
	text, _, err := d.run(ctx, c, "output", "-json")
	if err != nil {
		return err
	}
	var outputs map[string]struct{ Value identityOutput }
	if err := json.Unmarshal([]byte(text), &outputs); err != nil {
		return fmt.Errorf("read Terraform's outputs: %w", err)
	}
	me, consumer := outputs["me"].Value, outputs["consumer"].Value
	answer, err := os.ReadFile(filepath.Join(c.folder, "answer.txt"))
	if err != nil {
		return fmt.Errorf("read the API's answer: %w", err)
	}
	d.out.fact("who", "%s", me.Subject)
	d.out.fact("login found in", "%s", strings.Replace(me.Source, d.work.home(), "~", 1))
	d.out.fact("access token until", "%s, %.0f hours from now", me.ExpiresAt.Format(time.RFC3339), time.Until(me.ExpiresAt).Hours())
	d.out.fact("second provider", "acts for %s too; its only credential is the %s in its %s", consumer.Subject, spoken(consumer.Flow), consumer.Source)
	d.out.fact("the API answered", "%s", strings.TrimSpace(string(answer)))
	if me.Subject == "" || me.Subject != consumer.Subject || !me.ExpiresAt.Equal(consumer.ExpiresAt) || consumer.Flow != "access_token" {
		return errors.New("the second provider did not get the first one's token")
	}
	if time.Until(me.ExpiresAt) < tokenLifetime-time.Hour {
		return errors.New("the access token was not refreshed")
	}
	if !bytes.Contains(answer, []byte(me.Subject)) {
		return errors.New("the API did not answer the command that the example ran")
	}
	return d.oneTokenRequest()
}

func spoken(flow string) string { return strings.ReplaceAll(flow, "_", " ") }

// oneTokenRequest checks what the sandbox counted since its start.
func (d *demo) oneTokenRequest() error {
	requests := d.server.Requests()
	d.out.fact("token requests", "%d, counted by the sandbox", requests.TokenRequests())
	if requests.TokenRequests() != 1 || requests.Refreshes() != 1 {
		return fmt.Errorf("there were %d token requests, %d of them refreshes; one refresh is enough", requests.TokenRequests(), requests.Refreshes())
	}
	if spent := d.server.SpentTwice(); len(spent) > 0 {
		return fmt.Errorf("%d refresh tokens were sent twice", len(spent))
	}
	return nil
}

// applyAgain checks that the same token gives the same plan.
func (d *demo) applyAgain(ctx context.Context) error {
	_, status, err := d.terraformStep(ctx, d.ephemeral, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	d.out.fact("exit status", "%d (0: no changes, 2: changes)", status)
	if status != 0 {
		return errors.New("a second plan has changes, although the token is fresh")
	}
	text, _, err := d.terraformStep(ctx, d.ephemeral, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	const unchanged = "0 added, 0 changed, 0 destroyed"
	if !strings.Contains(text, unchanged) {
		return errors.New("a second apply changed something, although the token is fresh")
	}
	d.out.fact("resources", unchanged)
	return d.oneTokenRequest()
}

// findNoSecret searches what Terraform made of the ephemeral variant.
func (d *demo) findNoSecret(context.Context) error {
	if err := d.searchRun(d.ephemeral); err != nil {
		return err
	}
	d.out.fact("looked for", "%d tokens: access, refresh and ID, before and after the refresh, plain, in base64 and percent-encoded", len(d.secrets))
	return nil
}

// searchRun searches everything that Terraform wrote or printed about a
// configuration for every secret there has been, old and new.
func (d *demo) searchRun(c *configuration) error {
	names := []string{"state", "saved plan", "TRACE log", "printed"}
	files := map[string]string{
		"state": filepath.Join(c.folder, "terraform.tfstate"), "saved plan": filepath.Join(c.folder, planFile), "TRACE log": c.logs,
	}
	var leaks []error
	for _, name := range names {
		data := c.printed.Bytes()
		if file := files[name]; file != "" {
			var err error
			if data, err = readUnpacked(file); err != nil {
				return fmt.Errorf("read the %s: %w", name, err)
			}
		}
		if len(data) == 0 {
			return fmt.Errorf("the %s is empty, so that searching it proves nothing", name)
		}
		found := d.secrets.find(data)
		d.out.fact(name, "%s %s", howMany(len(found)), size(len(data)))
		for _, secret := range found {
			leaks = append(leaks, fmt.Errorf("the %s is in the %s", secret, name))
		}
	}
	return errors.Join(leaks...)
}

func howMany(found int) string {
	if found == 0 {
		return "no secret in"
	}
	return fmt.Sprintf("SECRETS FOUND (%d) in", found)
}

func size(bytes int) string {
	if bytes < 10_000 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d kB", bytes/1000)
}

// readUnpacked reads a file; of a zip archive, which a saved plan is, the
// archive and what it holds.
func readUnpacked(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(data, []byte("PK")) {
		return data, err
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	for _, entry := range archive.File {
		inner, err := entry.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(inner)
		if err != nil {
			return nil, errors.Join(err, inner.Close())
		}
		if err := inner.Close(); err != nil {
			return nil, err
		}
		data = append(append(data, '\n'), text...)
	}
	return data, nil
}
