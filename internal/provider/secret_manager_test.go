package provider

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	testresource "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// vault is what a secret manager holds, by name.
type vault struct {
	mutex   sync.Mutex
	secrets map[string]string
	writes  int
}

// secretsStub is awsStub with a secret manager: the same objects and arguments
// as provider "aws" has.
type secretsStub struct {
	awsStub
	vault *vault
}

func (s secretsStub) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return &secretReader{vault: s.vault} }}
}

func (s secretsStub) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return &secretName{} }, func() resource.Resource { return &secretWriter{vault: s.vault} },
	}
}

type secretReader struct{ vault *vault }

func (*secretReader) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "aws_secretsmanager_secret_version"
}

func (*secretReader) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema.Attributes = map[string]ephemeralschema.Attribute{
		"secret_id":     ephemeralschema.StringAttribute{Required: true},
		"secret_string": ephemeralschema.StringAttribute{Computed: true, Sensitive: true},
	}
}

func (r *secretReader) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_id"), &name)...)
	r.vault.mutex.Lock()
	defer r.vault.mutex.Unlock()
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("secret_id"), name)...)
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("secret_string"), r.vault.secrets[name.ValueString()])...)
}

// recordOnly is a resource that is nothing but its state.
type recordOnly struct{}

func (recordOnly) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (recordOnly) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

type secretName struct{ recordOnly }

func (*secretName) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "aws_secretsmanager_secret"
}

func (*secretName) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{"name": schema.StringAttribute{Required: true}, "id": schema.StringAttribute{Computed: true}}
}

func (*secretName) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("name"), &name)...)
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), name)...)
}

func (*secretName) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

type secretWriter struct{ vault *vault }

func (*secretWriter) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "aws_secretsmanager_secret_version"
}

func (*secretWriter) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{
		"secret_id":                schema.StringAttribute{Required: true},
		"secret_string_wo":         schema.StringAttribute{Optional: true, Sensitive: true, WriteOnly: true},
		"secret_string_wo_version": schema.Int64Attribute{Optional: true},
	}
}

func (w *secretWriter) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var name, value types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_string_wo"), &value)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("secret_id"), &name)...)
	w.vault.put(name.ValueString(), value.ValueString())
	resp.State.Raw = req.Plan.Raw
}

func (*secretWriter) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (w *secretWriter) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var name, value types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_string_wo"), &value)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("secret_id"), &name)...)
	w.vault.put(name.ValueString(), value.ValueString())
	resp.State.Raw = req.Plan.Raw
}

func (*secretWriter) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func (v *vault) put(name, value string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.secrets[name] = value
	v.writes++
}

func (v *vault) factories(p *place) map[string]func() (tfprotov6.ProviderServer, error) {
	factories := p.factories()
	factories["aws"] = providerserver.NewProtocol6WithError(secretsStub{vault: v})
	return factories
}

// guide returns an example of a guide as it stands, without the block that says
// where providers come from.
func guide(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "guides", name, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return requirements.ReplaceAllString(string(content), "")
}

// noSecretInState fails if the state holds one of the given values.
func noSecretInState(t *testing.T, secrets ...string) testresource.TestCheckFunc {
	return func(state *terraform.State) error {
		text := state.String()
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Error("a secret is in state")
			}
		}
		return nil
	}
}

func TestAccSecretManager_read(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
	set := p.server.Login(identity.User{Subject: "auth0|campaign"})
	held := &vault{secrets: map[string]string{"earthscope/refresh-token": set.RefreshToken}}
	testresource.Test(t, testresource.TestCase{
		TerraformVersionChecks: ephemeralCore, ProtoV6ProviderFactories: held.factories(p),
		Steps: []testresource.TestStep{{
			Config: guide(t, "secret-manager-read"),
			Check: testresource.ComposeTestCheckFunc(
				testresource.TestCheckResourceAttr("data.earthscope_identity.this", "subject", "auth0|campaign"),
				testresource.TestCheckResourceAttr("data.earthscope_identity.this", "source", "argument refresh_token"),
				noSecretInState(t, set.RefreshToken),
			),
		}},
	})
}

func TestAccSecretManager_write(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
	first := p.login("default").RefreshToken
	second := ""
	held := &vault{secrets: map[string]string{}}
	wrote := func(want *string, writes int) testresource.TestCheckFunc {
		return func(*terraform.State) error {
			if held.secrets["earthscope/refresh-token"] != *want || held.writes != writes {
				t.Errorf("the secret manager holds another token, or was written %d times, want %d", held.writes, writes)
			}
			return nil
		}
	}
	testresource.Test(t, testresource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		ProtoV6ProviderFactories: held.factories(p),
		Steps: []testresource.TestStep{
			{
				Config: guide(t, "secret-manager-write"),
				Check:  testresource.ComposeTestCheckFunc(wrote(&first, 1), noSecretInState(t, first)),
			},
			{ // a new login alone sends nothing
				PreConfig: func() { second = p.login("default").RefreshToken },
				Config:    guide(t, "secret-manager-write"), Check: wrote(&first, 1),
			},
			{ // raising the version does
				Config: strings.Replace(guide(t, "secret-manager-write"), "default = 1", "default = 2", 1), Check: wrote(&second, 2),
			},
		},
	})
}

// The guide to rotation plans as it stands, but for the actions where Terraform
// does not know them.
func TestAccRotationGuide_plans(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		core    []tfversion.TerraformVersionCheck
		actions bool
	}{
		"with actions":    {actionCore, true},
		"without actions": {[]tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
			p.write(".earthscope/config.toml", "[profile.blue]\n[profile.green]\n")
			p.login("green")
			configuration := guide(t, "rotation")
			if !test.actions {
				configuration = regexp.MustCompile(`(?ms)^action .*?^\}\n`).ReplaceAllString(configuration, "")
			}
			testresource.Test(t, testresource.TestCase{
				TerraformVersionChecks: test.core, ProtoV6ProviderFactories: p.factories(),
				Steps: []testresource.TestStep{{Config: configuration, PlanOnly: true, ExpectNonEmptyPlan: true}},
			})
		})
	}
}
