package provider

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// functionCore skips where the core knows no provider functions.
var functionCore = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

// namedProvider lets a configuration call functions by the provider's name.
const namedProvider = `
terraform {
  required_providers {
    earthscope = { source = "hashicorp/earthscope" }
  }
}
`

func functionStep(configuration string, checks ...statecheck.StateCheck) resource.TestStep {
	return resource.TestStep{Config: namedProvider + configuration, ConfigStateChecks: checks}
}

func TestAccFunctions_results(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.server.Login(identity.DefaultUser())
	output := statecheck.ExpectKnownOutputValue
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   functionCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{functionStep(`
variable "token" {
  default = "`+set.AccessToken+`"
}
output "environment" {
  value = provider::earthscope::environment({
    "oauth2.client_id"        = "c"
    "oauth2.refresh_token"    = null
    "http.retry.attempts"     = 5
    "http.retry.status_codes" = jsonencode([429, 503])
  })
}
output "none" { value = provider::earthscope::environment({}) }
output "bootstrap" { value = provider::earthscope::bootstrap_settings({ "http.retry.attempts" = "5" }, "kubespawner") }
output "config" { value = provider::earthscope::config_toml("my lab", { "oauth2.scope" = "a b" }) }
output "secrets" {
  value = provider::earthscope::container_secrets({
    "oauth2.refresh_token" = "/earthscope/token"
    "oauth2.client_secret" = null
    "oauth2.access_token"  = "arn:aws:secretsmanager:us-east-2:123456789012:secret:a"
  })
}
output "claims" { value = provider::earthscope::decode_access_token(var.token) }
`,
			output("environment", knownvalue.MapExact(map[string]knownvalue.Check{
				"ES_OAUTH2__CLIENT_ID": exactly("c"), "ES_HTTP__RETRY__ATTEMPTS": exactly("5"), "ES_HTTP__RETRY__STATUS_CODES": exactly("[429,503]"),
			})),
			output("none", knownvalue.MapExact(map[string]knownvalue.Check{})),
			output("bootstrap", exactly(`{{"http":{{"retry":{{"attempts":5}}}}}}`)),
			output("config", exactly("[profile.\"my lab\"]\noauth2.scope = \"a b\"\n")),
			output("secrets", knownvalue.ListExact([]knownvalue.Check{
				knownvalue.ObjectExact(map[string]knownvalue.Check{
					"name": exactly("ES_OAUTH2__ACCESS_TOKEN"), "valueFrom": exactly("arn:aws:secretsmanager:us-east-2:123456789012:secret:a"),
				}),
				knownvalue.ObjectExact(map[string]knownvalue.Check{"name": exactly("ES_OAUTH2__REFRESH_TOKEN"), "valueFrom": exactly("/earthscope/token")}),
			})),
			output("claims", knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"subject": exactly(identity.DefaultUser().Subject), "client_id": exactly(identity.DefaultClientID), "issuer": exactly(p.server.URL()),
				"scope": exactly(identity.DefaultScope), "audience": knownvalue.ListExact([]knownvalue.Check{exactly(identity.DefaultAudience)}),
				"expires_at": exactly(rfc3339(set.ExpiresAt)),
			})),
		)},
	})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

// What a function returns is sensitive, or ephemeral, exactly when its
// arguments are.
func TestAccFunctions_marks(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	token := p.server.Login(identity.DefaultUser()).AccessToken
	calls := map[string]string{
		"environment": `provider::earthscope::environment({ "oauth2.access_token" = TOKEN, "oauth2.client_id" = "c" })`,
		"bootstrap":   `provider::earthscope::bootstrap_settings({ "oauth2.access_token" = TOKEN }, "none")`,
		"config":      `provider::earthscope::config_toml("p", { "oauth2.access_token" = TOKEN })`,
		"claims":      `provider::earthscope::decode_access_token(TOKEN)`,
		"secrets":     `provider::earthscope::container_secrets({ "oauth2.access_token" = "/a-${substr(TOKEN, 0, 2)}" })`,
	}
	variables := `
variable "plain" { default = "` + token + `" }
variable "hidden" {
  default   = "` + token + `"
  sensitive = true
}
variable "passing" {
  default   = "` + token + `"
  ephemeral = true
}
`
	whole, checks := variables, []statecheck.StateCheck{}
	steps := []resource.TestStep{}
	for name, call := range calls {
		for variable, sensitive := range map[string]bool{"plain": false, "hidden": true} {
			whole += "output \"" + name + "_" + variable + "\" { value = issensitive(" + strings.ReplaceAll(call, "TOKEN", "var."+variable) + ") }\n"
			checks = append(checks, statecheck.ExpectKnownOutputValue(name+"_"+variable, knownvalue.Bool(sensitive)))
		}
		step := functionStep(variables + "output \"it\" { value = " + strings.ReplaceAll(call, "TOKEN", "var.passing") + " }\n")
		step.ExpectError = regexp.MustCompile(`(?s)Ephemeral value not allowed|does not allow ephemeral\s+value`) // Terraform, OpenTofu
		steps = append(steps, step)
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps:                    append(steps, functionStep(whole, checks...)),
	})
}

// A value that is known only after apply makes the result so.
func TestAccFunctions_unknown(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	step := functionStep(`
resource "terraform_data" "client" { input = "later" }
output "it" { value = provider::earthscope::environment({ "oauth2.client_id" = terraform_data.client.output }) }
`, statecheck.ExpectKnownOutputValue("it", knownvalue.MapExact(map[string]knownvalue.Check{"ES_OAUTH2__CLIENT_ID": exactly("later")})))
	step.ConfigPlanChecks = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("it")}}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: functionCore, ProtoV6ProviderFactories: p.factories(), Steps: []resource.TestStep{step},
	})
}

// Terraform shows which argument is at fault, and nothing of its value.
func TestAccFunctions_errors(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	step := func(call, message string) resource.TestStep {
		s := functionStep("output \"it\" { value = provider::earthscope::" + call + " }\n")
		s.ExpectError = regexp.MustCompile(`(?s)Invalid function argument.*` + message)
		return s
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   functionCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			step(`environment({ "oauth2.refreshtoken" = "x" })`, `"settings" parameter.*nearest\s+one\s+is\s+"oauth2.refresh_token"`),
			step(`bootstrap_settings({}, "helm")`, `"escape" parameter.*"kubespawner"`),
			step(`config_toml("", {})`, `"profile" parameter`),
			step(`container_secrets({ "oauth2.refresh_token" = "v1.token" })`, `"secrets" parameter.*must be\s+a\s+reference`),
			step(`decode_access_token("v1.token")`, `"token" parameter.*can't\s+be\s+read`),
		},
	})
}

// call calls a function over the wire.
func (w *wire) call(name string, arguments ...tftypes.Value) *tfprotov6.CallFunctionResponse {
	w.t.Helper()
	request := &tfprotov6.CallFunctionRequest{Name: name}
	for _, argument := range arguments {
		value, err := tfprotov6.NewDynamicValue(argument.Type(), argument)
		if err != nil {
			w.t.Fatal(err)
		}
		request.Arguments = append(request.Arguments, &value)
	}
	response, err := w.server.CallFunction(w.t.Context(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

func TestFunctions_errorsPointAtTheArgument(t *testing.T) {
	t.Parallel()
	const secret = "v1.a-secret-that-no-error-may-quote"
	w := newWire(t, newPlace(t, identity.Options{}).dependencies()) // not configured: functions are called so
	words := func(pairs ...string) tftypes.Value {
		all := map[string]tftypes.Value{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = tftypes.NewValue(tftypes.String, pairs[i+1])
		}
		return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)
	}
	word := func(text string) tftypes.Value { return tftypes.NewValue(tftypes.String, text) }
	for name, test := range map[string]struct {
		response *tfprotov6.CallFunctionResponse
		argument int64
	}{
		"environment":                 {w.call("environment", words("http.retry.attempts", secret)), 0},
		"bootstrap_settings":          {w.call("bootstrap_settings", words("oauth2.domain", secret), word("none")), 0},
		"bootstrap_settings, escape":  {w.call("bootstrap_settings", words(), word(secret)), 1},
		"config_toml, profile":        {w.call("config_toml", word("\n"+secret), words()), 0},
		"config_toml":                 {w.call("config_toml", word("p"), words("oauth2.domain", secret)), 1},
		"container_secrets":           {w.call("container_secrets", words("oauth2.access_token", secret)), 0},
		"decode_access_token":         {w.call("decode_access_token", word(secret)), 0},
		"decode_access_token, base64": {w.call("decode_access_token", word("a."+secret+".c")), 0},
	} {
		failure := test.response.Error
		switch {
		case failure == nil:
			t.Errorf("%s: no error", name)
		case failure.FunctionArgument == nil || *failure.FunctionArgument != test.argument:
			t.Errorf("%s: the error is not about argument %d: %s", name, test.argument, failure.Text)
		case strings.Contains(failure.Text, secret):
			t.Errorf("%s: the error quotes the value: %s", name, failure.Text)
		}
	}
}

// functionServer is a provider as Terraform starts it to call functions.
func functionServer() tfprotov6.ProviderServer {
	return providerserver.NewProtocol6(New("1.2.3", Dependencies{})())()
}

var claimsType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"subject": tftypes.String, "client_id": tftypes.String, "issuer": tftypes.String, "scope": tftypes.String, "grant_type": tftypes.String,
	"audience": tftypes.List{ElementType: tftypes.String}, "issued_at": tftypes.String, "expires_at": tftypes.String,
}}

func FuzzDecodeAccessToken(f *testing.F) {
	for _, token := range []string{"", ".", "..", "a.eyJleHAiOjF9.c", "a.e30.c", "a.eyJleHAiOjFlMzAsImF1ZCI6WzFdfQ.c", "\xff.\xff", "a.bnVsbA.c"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if strings.ContainsRune(token, '\uFFFD') || strings.ToValidUTF8(token, "") != token {
			return // Terraform's strings are UTF-8
		}
		w := &wire{t: t, server: functionServer()}
		response := w.call("decode_access_token", tftypes.NewValue(tftypes.String, token))
		if response.Error == nil {
			claims := map[string]tftypes.Value{}
			value, err := response.Result.Unmarshal(claimsType)
			if err == nil {
				err = value.As(&claims)
			}
			if err != nil || len(claims) != 8 {
				t.Errorf("neither claims nor an error: %v", err)
			}
		}
		if response.Error != nil && len(token) > 12 && strings.Contains(response.Error.Text, token) {
			t.Errorf("the error quotes the token: %s", response.Error.Text)
		}
	})
}

// The documentation's examples of functions are applied as they stand.
func TestAccExamples_functions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "functions", "*", "function.tf"))
	if err != nil || len(files) != 5 {
		t.Fatalf("%d examples found, want one for each function: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlace(t, identity.Options{})
			p.login("default")
			p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
			resource.Test(t, resource.TestCase{
				TerraformVersionChecks:   ephemeralCore,
				ProtoV6ProviderFactories: p.factories(),
				Steps:                    []resource.TestStep{functionStep(string(content))},
			})
		})
	}
}
