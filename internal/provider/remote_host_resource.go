package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

var (
	_ resource.ResourceWithConfigure      = (*remoteHostResource)(nil)
	_ resource.ResourceWithIdentity       = (*remoteHostResource)(nil)
	_ resource.ResourceWithImportState    = (*remoteHostResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*remoteHostResource)(nil)
	_ resource.ResourceWithValidateConfig = (*remoteHostResource)(nil)
)

// remoteHostResource is earthscope_remote_host.
type remoteHostResource struct{ client *client }

func newRemoteHostResource() resource.Resource { return &remoteHostResource{} }

// Metadata implements resource.Resource. The identity changes with the port.
func (r *remoteHostResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_remote_host"
	resp.ResourceBehavior.MutableIdentity = true
}

// Configure implements resource.ResourceWithConfigure.
func (r *remoteHostResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Create implements resource.Resource.
func (r *remoteHostResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config remoteHostModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.KnownHostKeys = types.ListNull(types.StringType)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, formerKey, nil)...) // was for the destroy before
	memory := newMemory()
	wrote := r.write(ctx, &plan, &config, &memory, creating, &resp.Diagnostics)
	if !wrote && resp.Diagnostics.HasError() {
		return
	}
	memory.store(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
	r.verify(ctx, &plan, &config, creating, &resp.Diagnostics)
}

// Update implements resource.Resource. What concerns no file dials nothing.
func (r *remoteHostResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, config, state remoteHostModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	memory := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	touches := plan.CredentialFingerprint.IsUnknown() || plan.KnownHostKeys.IsUnknown()
	if touches {
		if plan.User.IsUnknown() && r.refuseAnotherAccount(ctx, &plan, &state, &resp.Diagnostics) {
			return
		}
		plan.KnownHostKeys = state.KnownHostKeys
		if wrote := r.write(ctx, &plan, &config, &memory, updating, &resp.Diagnostics); !wrote && resp.Diagnostics.HasError() {
			return
		}
	}
	memory.store(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
	if touches {
		r.verify(ctx, &plan, &config, updating, &resp.Diagnostics)
	}
}

// Delete implements resource.Resource. It knows the state and the provider
// block only.
func (r *remoteHostResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state remoteHostModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	memory := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if names := r.client.block.ssh.unknown; len(names) > 0 {
		resp.Diagnostics.Append(unknownSSHError(names))
		return
	}
	ctx = withLogging(ctx, r.client.block.secrets()...)
	notes := r.notesOf(ctx, &state)
	if noted, newer := notes.later(memory); newer {
		memory = noted.unconfirmed(memory)
	} else if memory.Instance == "" && !memory.Imported {
		memory = r.forgotten(ctx, req.Private, &state, notes)
	}
	memory.Ledger = r.client.withoutSuccessors(r.placeOf(ctx, &state), memory)
	if len(memory.Ledger.Files) == 0 {
		return
	}
	r.learnSubject(ctx, &memory)
	work := memory.Ledger.Remove()
	report, err := r.transact(ctx, &state, work, deleting, &resp.Diagnostics)
	if err == nil && !resp.Diagnostics.HasError() {
		notes.end(ctx, memory)
		r.learnSpent(ctx, memory, r.sourceOf(ctx), memory.Ledger.Renewed(report.States))
		warnOfDoubtful(&state, memory.Ledger.Doubtful(report.States), &resp.Diagnostics)
	}
	if err == nil || resp.Diagnostics.HasError() {
		return
	}
	if isUnreachable(err) && r.client.block.ssh.OnUnreachable.ValueString() == unreachableWarn {
		notes.end(ctx, memory)
		resp.Diagnostics.AddWarning("Host Forgotten", fmt.Sprintf("%s can't be reached, and ssh.on_unreachable = \"warn\" forgets it: %v. "+
			"What may still be there: %s. If the host comes back, revoke its session with \"es user revoke-refresh-token\" there.",
			state.Host.ValueString(), err, listed(work.Paths)))
		return
	}
	resp.Diagnostics.Append(hostDiagnostic("Host Not Cleaned Up", err, &state))
}

// warnOfDoubtful tells of a token store that stays on the host because nobody
// knows whose it is.
func warnOfDoubtful(m *remoteHostModel, at string, diagnostics *diag.Diagnostics) {
	if at == "" {
		return
	}
	diagnostics.AddWarning("Token Store Left on the Host", fmt.Sprintf("%s on %s stays. The SDK may have made it of the session that was pushed, or "+
		"somebody may have logged in there: the session was not begun on this machine, so nothing here tells whose it was. "+
		"To end it, run \"es user revoke-refresh-token\" on the host, which also deletes the file.", at, m.Host.ValueString()))
}

// learnSubject completes a ledger that does not say whose credential was
// pushed, so that the token store which the SDK made of it is recognised.
func (r *remoteHostResource) learnSubject(ctx context.Context, memory *hostMemory) {
	if memory.Ledger.Subject != "" || memory.Own {
		return
	}
	from := r.sourceOf(ctx)
	if from == nil || from.session == nil {
		return
	}
	facts, err := from.session.Facts(ctx)
	if err == nil && facts.Subject == "" {
		if token, err := from.session.Token(ctx, 0); err == nil {
			facts.Subject = token.Claims.Subject
		}
	}
	memory.Ledger.Subject = facts.Subject
}

// sourceOf is the provider's own credential source, nil where it has none.
func (r *remoteHostResource) sourceOf(ctx context.Context) *credentialSource {
	var ignored diag.Diagnostics // a destroy needs no credentials
	_, from := r.client.credentials(ctx, &ignored)
	return from
}

func (m *remoteHostModel) identity() remoteHostIdentity {
	return remoteHostIdentity{Host: m.Host, Port: m.Port, User: m.User, Profile: m.Profile}
}

// ValidateConfig implements resource.ResourceWithValidateConfig: contradictions
// between arguments, as far as they are known.
func (r *remoteHostResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m remoteHostModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	refuse := func(attribute, summary, detail string) {
		resp.Diagnostics.AddAttributeError(path.Root(attribute), summary, detail)
	}
	kind := m.kind()
	for _, wo := range []struct {
		attribute string
		value     types.String
		kind      placement.CredentialKind
	}{
		{"refresh_token_wo", m.RefreshTokenWO, placement.RefreshToken},
		{"client_secret_wo", m.ClientSecretWO, placement.ClientCredentials},
	} {
		if !wo.value.IsNull() && !m.Credential.IsUnknown() && kind != wo.kind {
			refuse(wo.attribute, "Credential Not Used", fmt.Sprintf("%s is for credential = %q, but this host gets %q. Remove one of them.", wo.attribute, wo.kind, kind))
		}
	}
	if kind == placement.ClientCredentials && m.ConfigFile.IsNull() && m.EnvironmentFiles.IsNull() && m.ComposeFiles.IsNull() {
		refuse("credential", "No Place for the Client Secret", "tokens.json can't hold a client secret. Add config_file = {}, environment_files or compose_files.")
	}
	if known(m.Transport) && m.Transport.ValueString() == "local" {
		m.validateLocal(refuse)
	}
	if m.knownJumps(ctx) {
		m.validateJumps(ctx, &resp.Diagnostics)
	}
	if m.knownPlacements(ctx) {
		slug := settingsSlug(m.Profile.ValueString())
		m.placementFiles(ctx, slug, false, &resp.Diagnostics)
		m.userSettings(ctx, &resp.Diagnostics)
	}
}
