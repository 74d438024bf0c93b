package provider

import (
	"context"
	"fmt"

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
	next := ""
	if op == creating {
		next = " Terraform replaces the resource at the next apply; \"terraform untaint\" with its address keeps what is there."
	}
	printed := redacted(string(output.Stdout)+string(output.Stderr), secrets)
	diagnostics.AddAttributeError(path.Root("verify_command"), "Verification Failed", fmt.Sprintf(
		"The credentials were written to %s and are in state, but verify_command ended with status %d.%s Its output, with secrets removed:\n\n%s",
		m.Host.ValueString(), output.ExitCode, next, printed))
}
