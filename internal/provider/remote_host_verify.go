package provider

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// verify runs verify_command on the host, when everything is in state already.
func (r *remoteHostResource) verify(ctx context.Context, m, config *remoteHostModel, op operation, diagnostics *diag.Diagnostics) {
	if diagnostics.HasError() || m.VerifyCommand.IsNull() {
		return
	}
	ctx, from := r.client.credentials(ctx, diagnostics)
	if from == nil {
		return
	}
	var keys []string
	diagnostics.Append(m.KnownHostKeys.ElementsAs(ctx, &keys, false)...)
	target := m.target(ctx, r.client.block.ssh, keys, diagnostics)
	become := m.becomeUser(ctx, r.client.block.ssh, diagnostics)
	ctx, cancel := context.WithTimeout(ctx, m.timeout(ctx, op, diagnostics))
	defer cancel()
	output, err := r.client.pool().Run(ctx, target, remote.Command{Text: m.VerifyCommand.ValueString(), Become: become})
	if err != nil {
		diagnostics.Append(hostDiagnostic("Verification Not Run", err, m))
		return
	}
	if output.ExitCode == 0 {
		return
	}
	secrets := r.client.block.secrets()
	secrets = append(secrets, settings.NewSecret(config.RefreshTokenWO.ValueString()), settings.NewSecret(config.ClientSecretWO.ValueString()))
	if credential := r.client.credential(ctx, m, config, from, &diag.Diagnostics{}); credential.Secret.IsSet() {
		secrets = append(secrets, credential.Secret)
	}
	printed := redacted(string(output.Stdout)+string(output.Stderr), secrets)
	diagnostics.AddAttributeError(path.Root("verify_command"), "Verification Failed", fmt.Sprintf(
		"The credentials were written to %s and are in state, but verify_command ended with status %d. Its output, with secrets removed:\n\n%s",
		m.Host.ValueString(), output.ExitCode, printed))
}

// tokenShaped matches JSON Web Tokens and opaque refresh tokens, which the host
// may have got itself.
var tokenShaped = regexp.MustCompile(`\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?|\bv1\.[A-Za-z0-9_-]{16,}`)

// redacted removes secrets from what a host printed, in the forms in which
// programs print them.
func redacted(text string, secrets []settings.Secret) string {
	for _, secret := range secrets {
		if !secret.IsSet() {
			continue
		}
		plain := secret.Reveal()
		for _, form := range []string{
			plain, url.QueryEscape(plain), url.PathEscape(plain), base64.StdEncoding.EncodeToString([]byte(plain)),
			base64.RawStdEncoding.EncodeToString([]byte(plain)), base64.RawURLEncoding.EncodeToString([]byte(plain)),
		} {
			text = strings.ReplaceAll(text, form, "(sensitive)")
		}
	}
	return tokenShaped.ReplaceAllString(text, "(sensitive)")
}
