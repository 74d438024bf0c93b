package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
)

// openCredentials is what private data says about an open object: no secret,
// since Terraform keeps private data unencrypted.
//
// Renewing can't change the values that Open gave; Terraform has no way to hand
// on new ones. It is scheduled all the same, for two things that a long run
// needs: credentials are replaced in the cache before they get short, so that a
// block which is opened late in the run starts with a whole life, and the
// person is told what an "expired token" of the consumer is about to mean.
type openCredentials struct {
	Profile    string                 `json:"profile,omitempty"`
	Request    api.CredentialsRequest `json:"request"`
	Expiration time.Time              `json:"expiration"`
}

const openCredentialsKey = "credentials"

// credentialsLead is how long before their end credentials are replaced.
const credentialsLead = 5 * time.Minute

// renewCredentials replaces what the cache holds and returns when to do so
// again; zero for never. A failure is a warning as long as credentials live.
func (c *client) renewCredentials(ctx context.Context, opened openCredentials, diagnostics *diag.Diagnostics) time.Time {
	var (
		failures diag.Diagnostics
		renewed  api.Credentials
		held     time.Time
	)
	lead := credentialsLead + renewalMargin
	_, ok := c.askAPI(ctx, request{profile: opened.Profile, renewal: true}, &failures, func(ctx context.Context, client *api.Client) (err error) {
		renewed, err = client.AWSCredentials(ctx, opened.Request, lead)
		held = client.HeldUntil(opened.Request)
		return err
	})
	now := c.dependencies.Now()
	if left := opened.Expiration.Sub(now); left > 0 && left <= lead {
		c.tell(diagnostics, diag.NewWarningDiagnostic("AWS Credentials Expire During the Run", fmt.Sprintf(
			"The AWS credentials for the role %q that were given out when this run started expire at %s, and Terraform can't hand new ones to a provider "+
				"that is configured already. If the run ends with an expired token, run it again: it goes on where it stopped.",
			opened.Request.Role, rfc3339(opened.Expiration))))
	}
	for _, failure := range failures {
		if held.After(now) {
			failure = asWarning(failure, fmt.Sprintf(" The AWS credentials that are there are used until they expire at %s.", rfc3339(held)))
		}
		diagnostics.Append(failure)
	}
	switch {
	case ok:
		return nextRenewal(now, renewed.Expiration, credentialsLead)
	case held.After(now):
		return nextRenewal(now, held, credentialsLead)
	}
	return time.Time{}
}
