package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repairHosts changes files by hand and lets Terraform find and repair that.
func (d *demo) repairHosts(ctx context.Context) error {
	if err := d.changeByHand(); err != nil {
		return err
	}
	_, status, err := d.terraformStep(ctx, d.hosts, "plan", "-detailed-exitcode", "-out="+planFile)
	if err != nil {
		return err
	}
	if status != 2 {
		return fmt.Errorf("the plan has exit status %d and does not see what was changed by hand", status)
	}
	if err := d.planNamesTheChanges(ctx); err != nil {
		return err
	}
	if _, _, err := d.terraformStep(ctx, d.hosts, "apply", planFile); err != nil {
		return err
	}
	if err := d.verifiedOnHosts(0); err != nil {
		return err
	}
	now, err := d.hostSnapshots()
	if err != nil {
		return err
	}
	for number := range now {
		if changed := d.arrived[number].differences(now[number]); len(changed) > 0 {
			return fmt.Errorf("on %s not repaired: %s", hostNames[number], strings.Join(changed, ", "))
		}
	}
	d.out.fact("repaired", "both files are as before, byte for byte and mode for mode; the tokens that the hosts have renewed were left alone")
	return nil
}

// planNamesTheChanges checks that the saved plan repairs these two files, says
// why, and touches nothing else.
func (d *demo) planNamesTheChanges(ctx context.Context) error {
	text, _, err := d.run(ctx, d.hosts, "show", "-json", planFile)
	if err != nil {
		return err
	}
	found, err := plannedRepairs([]byte(text))
	if err != nil {
		return err
	}
	for _, repair := range found {
		d.out.fact("the plan says", "%s", repair)
	}
	want := []string{
		// That its SDK has renewed the token meanwhile is no drift.
		"node1 ~/" + hostTokens + ": mode differs: 0644 -> in sync",
		"node2 ~/" + hostConfig + ": settings differ: resources.api_url -> in sync",
	}
	if !slices.Equal(found, want) {
		return errors.New("the plan does not name exactly what was changed by hand")
	}
	return nil
}

// changeByHand does what happens to files on hosts.
func (d *demo) changeByHand() error {
	first, err := d.hostHome(0)
	if err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(first, filepath.FromSlash(hostTokens)), 0o644); err != nil {
		return err
	}
	second, err := d.hostHome(1)
	if err != nil {
		return err
	}
	config := filepath.Join(second, filepath.FromSlash(hostConfig))
	content, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	changed := bytes.ReplaceAll(content, []byte(`api_url = "`+d.server.URL()), []byte(`api_url = "https://elsewhere.example.org/`))
	if bytes.Equal(changed, content) {
		return errors.New("config.toml on node2 does not hold the API's address")
	}
	d.out.fact("by hand, node1", "chmod 0644 ~/%s", hostTokens)
	d.out.fact("by hand, node2", "another resources.api_url in ~/%s", hostConfig)
	return os.WriteFile(config, changed, 0o600)
}

// plannedRepairs reads from a plan which file of which host changes, and why.
func plannedRepairs(plan []byte) ([]string, error) {
	type files struct {
		Files map[string]struct{ State string }
	}
	var parsed struct {
		ResourceChanges []struct {
			Index  string
			Change struct{ Before, After files }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(plan, &parsed); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	var repairs []string
	for _, resource := range parsed.ResourceChanges {
		for _, file := range slices.Sorted(maps.Keys(resource.Change.After.Files)) {
			before, after := resource.Change.Before.Files[file].State, resource.Change.After.Files[file].State
			if before != after {
				repairs = append(repairs, fmt.Sprintf("%s %s: %s -> %s", resource.Index, file, before, after))
			}
		}
	}
	slices.Sort(repairs)
	return repairs, nil
}
