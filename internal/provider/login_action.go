package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

var _ action.ActionWithConfigure = (*loginAction)(nil)

// loginAction is action.earthscope_login.
type loginAction struct{ client *client }

func newLoginAction() action.Action { return &loginAction{} }

type loginActionModel struct {
	Profile        types.String `tfsdk:"profile"`
	RevokePrevious types.Bool   `tfsdk:"revoke_previous"`
}

// Metadata implements action.Action.
func (a *loginAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_login"
}

// Schema implements action.Action.
func (a *loginAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Logs a person in, as `es login` does: shows a page and a code while it waits, and saves the tokens in the profile's " +
			"`tokens.json`, where the SDK and the CLI find them too. Works in a provider that has no credentials yet. Needs Terraform 1.14 or newer; " +
			"elsewhere, run `es login` or `terraform-provider-earthscope login`.",
		Attributes: map[string]schema.Attribute{
			"profile": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty{}},
				MarkdownDescription: "Profile to log in. Default: the provider's profile.",
			},
			"revoke_previous": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to revoke the session that this login replaces, after the new one is saved. Default: `false`, since that session " +
					"may be in use on other machines. If the identity server is set to end every session of the user with one, the new one ends too; " +
					"this is noticed and reported.",
			},
		},
	}
}

// Configure implements action.ActionWithConfigure.
func (a *loginAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Invoke implements action.Action.
func (a *loginAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var model loginActionModel
	resp.Diagnostics.Append(readConfig(ctx, req.Config, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r := request{profile: model.Profile.ValueString()}
	ctx, options, ok := a.client.forAction(ctx, r, &resp.Diagnostics)
	if !ok {
		return
	}
	say := progressTo(resp)
	result, err := session.Login(ctx, options, session.LoginRequest{
		RevokePrevious: model.RevokePrevious.ValueBool(), Progress: say,
		Prompt: func(p session.DevicePrompt) { say(p.Text()) },
	})
	a.client.forget()
	for _, notice := range result.Notices {
		a.client.tell(&resp.Diagnostics, noticeDiagnostic(notice, r))
	}
	if result.File != "" {
		say(result.Text())
	}
	if err != nil {
		resp.Diagnostics.Append(errorDiagnostic(err, r))
	}
}

// progressTo sends lines to the person who waits for an action, at once.
func progressTo(resp *action.InvokeResponse) func(string) {
	return func(text string) { resp.SendProgress(action.InvokeProgressEvent{Message: strings.TrimSpace(text)}) }
}
