package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// hostPlan is one ModifyPlan at work.
type hostPlan struct {
	*remoteHostResource

	config, plan, state remoteHostModel
	creating            bool
	memory              hostMemory
	instance            string
	from                *credentialSource
	// touches is set once something on the host has to change.
	touches bool
}

// ModifyPlan implements resource.ResourceWithModifyPlan. Every computed value
// is planned from the configuration; prior state only tells what differs.
func (r *remoteHostResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.client == nil || req.Plan.Raw.IsNull() {
		return
	}
	p := hostPlan{remoteHostResource: r, creating: req.State.Raw.IsNull()}
	resp.Diagnostics.Append(req.Config.Get(ctx, &p.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	// The plan that follows a replacement has the memory of what it replaces.
	p.memory = recall(ctx, req.Private, &resp.Diagnostics)
	p.instance = p.memory.Instance
	if p.creating {
		p.memory = hostMemory{}
	} else {
		resp.Diagnostics.Append(req.State.Get(ctx, &p.state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	p.everythingUnknown()
	if p.decidable(ctx) {
		ctx, p.from = r.client.credentials(ctx, &resp.Diagnostics)
		if p.from != nil {
			p.decide(ctx, resp)
		}
	}
	if !resp.Diagnostics.HasError() {
		p.carryFormer(ctx, resp.Private, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &p.plan)...)
	}
}

// everythingUnknown is the plan where nothing can be told yet.
func (p *hostPlan) everythingUnknown() {
	p.plan.ID, p.plan.CredentialFingerprint = types.StringUnknown(), types.StringUnknown()
	p.plan.KnownHostKeys, p.plan.Files = types.ListUnknown(types.StringType), types.MapUnknown(fileModelType())
	if p.config.Port.IsNull() {
		p.plan.Port = types.Int64Unknown()
	}
	if p.config.User.IsNull() {
		p.plan.User = types.StringUnknown()
	}
}

// decidable reports whether all is known that the plan depends on.
func (p *hostPlan) decidable(ctx context.Context) bool {
	if len(p.client.unknown(ctx, "")) > 0 || len(p.client.block.ssh.unknown) > 0 {
		return false
	}
	// Port, user and transport are computed too, and so unknown in a plan whose
	// configuration does not say them.
	for _, value := range []attr.Value{p.plan.Host, p.config.Port, p.config.User, p.config.Transport} {
		if value.IsUnknown() {
			return false
		}
	}
	return p.plan.knownPlacements(ctx) && p.config.knownJumps(ctx)
}

func (p *hostPlan) decide(ctx context.Context, resp *resource.ModifyPlanResponse) {
	p.settleAccount(ctx, resp)
	credential := p.client.planned(ctx, &p.plan, &p.config, p.from, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	host := p.plan.hostFor(ctx, p.from, credential.Credential, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if p.refusePlaces(ctx, host, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	replaced := p.creating || p.credentialChanged(ctx, credential)
	if replaced && credential.rotating && !p.plan.AllowSharedSession.ValueBool() {
		resp.Diagnostics.Append(sharedSessionError(p.from))
		return
	}
	if spent := p.client.spentPushError(ctx, &p.plan, host, credential, p.memory, replaced); spent != nil {
		resp.Diagnostics.Append(spent)
	}
	if !replaced {
		p.warnOfUnconfirmed(host, &resp.Diagnostics)
	}
	p.planFiles(ctx, host, replaced, &resp.Diagnostics)
	p.touches = p.touches || replaced || p.argumentsTouchFiles()
	if !p.creating && (p.memory.Unreachable != "" || p.asksForMoreLife()) {
		p.tryAgain(ctx, &resp.Diagnostics)
	}
	if !replaced && p.memory.Rotated {
		p.refuseSpentToken(ctx, &resp.Diagnostics)
	}
	if !p.touches { // an apply dials nothing, so these stay
		p.plan.CredentialFingerprint, p.plan.KnownHostKeys = p.state.CredentialFingerprint, p.state.KnownHostKeys
	}
	if credential.Kind == placement.ClientCredentials {
		p.plan.CredentialFingerprint = types.StringNull()
	}
	warnOfMasking(host, credential, &resp.Diagnostics)
}

// refusePlaces refuses, or warns of, files that the credential must not go to.
func (p *hostPlan) refusePlaces(ctx context.Context, host placement.Host, diagnostics *diag.Diagnostics) {
	p.refuseDoubles(ctx, host, diagnostics)
	p.warnOfWorkTree(ctx, host, diagnostics)
	if own := p.ownStoreError(host); own != nil {
		diagnostics.Append(own)
	}
}

// settleAccount plans the account and port that ssh itself would use. Another
// account is another host.
func (p *hostPlan) settleAccount(ctx context.Context, resp *resource.ModifyPlanResponse) {
	target := p.config.target(ctx, p.client.block.ssh, nil, &resp.Diagnostics)
	user, port, err := p.client.pool().Effective(ctx, target)
	if err != nil {
		resp.Diagnostics.Append(hostDiagnostic("SSH Configuration Unreadable", err, &p.plan))
		return
	}
	p.plan.User = types.StringValue(user)
	p.plan.Port = portValue(port)
	p.plan.ID = types.StringValue(p.plan.importID())
	if !p.creating && !p.state.User.IsNull() && p.state.User.ValueString() != user {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("user"))
	}
}

// planned is the credential as far as a plan needs it: an access token is not
// asked for before it is needed.
func (c *client) planned(ctx context.Context, m, config *remoteHostModel, from *credentialSource, diagnostics *diag.Diagnostics) pushed {
	if m.kind() != placement.AccessToken {
		return c.credential(ctx, m, config, from, diagnostics)
	}
	if from.session == nil {
		diagnostics.Append(errorDiagnostic(from.none, request{}))
	}
	return pushed{Credential: placement.Credential{Kind: placement.AccessToken}, fingerprint: types.StringUnknown()}
}

// credentialChanged reports whether another credential is to be pushed. A
// successor of the one that was pushed is no change, and where a version is
// given only that tells.
func (p *hostPlan) credentialChanged(ctx context.Context, credential pushed) bool {
	switch {
	case p.plan.kind() != p.state.kind():
		return true
	case credential.Kind == placement.AccessToken:
		return p.anotherSubject(ctx) // its life is judged by what is on the host
	case credential.own != p.memory.Own:
		return true
	case p.plan.version() != p.memory.Version:
		return true
	case credential.Kind != placement.RefreshToken || p.plan.versioned():
		return false
	case credential.fingerprint.IsUnknown():
		return true
	case credential.own || p.from.session == nil:
		return credential.fingerprint.ValueString() != p.memory.Fingerprint
	}
	return !descendant(ctx, p.from.session)(p.memory.Fingerprint)
}

// anotherSubject reports that the provider's session is known to be somebody
// else's than the access token that was pushed.
func (p *hostPlan) anotherSubject(ctx context.Context) bool {
	facts, err := p.from.facts(ctx)
	return err == nil && facts.Subject != "" && facts.Subject != p.memory.Ledger.Subject
}

// planFiles plans every file as in sync. What a refresh found in another state
// is thereby shown as a change, with the reason.
func (p *hostPlan) planFiles(ctx context.Context, host placement.Host, replaced bool, diagnostics *diag.Diagnostics) {
	before := map[string]fileModel{}
	if !p.creating && !p.state.Files.IsNull() {
		diagnostics.Append(p.state.Files.ElementsAs(ctx, &before, false)...)
	}
	planned := map[string]fileModel{}
	for _, f := range host.Files {
		found, known := before[f.Path]
		want := fileModel{Kind: types.StringValue(string(f.Kind)), State: types.StringValue(placement.InSync), Mode: p.plannedMode(host, f, found)}
		if found.State.ValueString() == placement.Rotated && !replaced {
			want.State = found.State
		}
		p.touches = p.touches || !known || found != want
		planned[f.Path] = want
	}
	for at := range before {
		if _, wanted := planned[at]; !wanted {
			p.touches = true
		}
	}
	p.plan.Files = filesValue(ctx, planned, diagnostics)
}

// plannedMode is the mode that a file will have: the one asked for or due to its
// token; else the one that a refresh found, if there was a file to find. What a
// file gets back when this plan takes its token out, or no longer asks for a
// mode, depends on whether another resource's token stays in it.
func (p *hostPlan) plannedMode(host placement.Host, f placement.File, found fileModel) types.String {
	if mode := host.Mode(f); mode != 0 {
		return types.StringValue(modeText(mode))
	}
	entry := p.memory.Ledger.Files[f.Path]
	if reopens := entry.Mode != 0 && entry.FormerMode != 0; reopens || found.Mode.IsNull() {
		return types.StringUnknown()
	}
	return found.Mode
}

// argumentsTouchFiles reports a change of an argument that decides what stands
// in the files.
func (p *hostPlan) argumentsTouchFiles() bool {
	for _, argument := range []struct{ planned, before attr.Value }{
		{p.plan.Settings, p.state.Settings},
		{p.plan.TokensFile, p.state.TokensFile},
		{p.plan.ConfigFile, p.state.ConfigFile},
		{p.plan.EnvironmentFiles, p.state.EnvironmentFiles},
		{p.plan.ComposeFiles, p.state.ComposeFiles},
		{p.plan.Become, p.state.Become},
	} {
		if !argument.planned.Equal(argument.before) {
			return true
		}
	}
	return false
}
