package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// applyDataSource shows the variant for places that take no ephemeral value,
// and what it costs.
func (d *demo) applyDataSource(ctx context.Context) error {
	c, err := d.newConfiguration("data-source")
	if err != nil {
		return err
	}
	for _, arguments := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if _, _, err := d.terraformStep(ctx, c, arguments...); err != nil {
			return err
		}
	}
	state, err := os.ReadFile(filepath.Join(c.folder, "terraform.tfstate"))
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	found := d.secrets.find(state)
	access, other := false, []string{}
	for _, name := range found {
		if strings.HasPrefix(name, "access token") {
			access = true
		} else {
			other = append(other, name)
		}
	}
	if len(other) > 0 {
		return fmt.Errorf("the state holds more than the access token: %s", strings.Join(other, ", "))
	}
	if !access {
		return errors.New("the access token was not found in the state: the search does not work, or the page about it is wrong")
	}
	if err := d.oneTokenRequest(); err != nil {
		return err
	}
	d.out.warning("The same search finds the access token in this state, in plain text: Terraform stores what data sources return, in " +
		"saved plans too. The refresh token is not there. Prefer the ephemeral variant wherever it fits.")
	return nil
}
