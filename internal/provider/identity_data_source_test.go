package provider

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

func TestIdentityDataSource_flows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rotating bool
		prepare  func(*place) values
		want     map[string]string
		rotates  any
	}{
		"login": {
			prepare: func(p *place) values { p.login("default"); return nil },
			want: map[string]string{
				"flow": "refresh_token", "profile": "default", "subject": identity.DefaultUser().Subject,
				"user_id_b64": "YXV0aDB8MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "client_id": identity.DefaultClientID, "scope": identity.DefaultScope,
			},
			rotates: false,
		},
		"rotating token of the environment": {
			rotating: true,
			prepare: func(p *place) values {
				p.set("es_oauth2__refresh_token=" + p.server.Login(identity.DefaultUser()).RefreshToken)
				return nil
			},
			want:    map[string]string{"flow": "refresh_token", "source": "environment variable es_oauth2__refresh_token"},
			rotates: true,
		},
		"machine": {
			prepare: func(p *place) values {
				p.login("default") // outranked by a client secret
				p.server.AddClient("machine", "machine-secret")
				return values{"client_id": "machine", "client_secret": "machine-secret"}
			},
			want: map[string]string{
				"flow": "client_credentials", "source": "argument client_secret", "client_id": "machine",
				"subject": "machine@clients", "user_id_b64": "bWFjaGluZUBjbGllbnRz",
			},
		},
		"bare access token": {
			prepare: func(p *place) values {
				return values{"access_token": p.server.Login(identity.DefaultUser()).AccessToken}
			},
			want: map[string]string{"flow": "access_token", "source": "argument access_token"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{Rotating: test.rotating})
			block := test.prepare(p)
			result, diagnostics := p.configured(block).read("earthscope_identity", nil)
			mustBeClean(t, "read", diagnostics)
			if name == "login" {
				test.want["source"] = filepath.Join(p.home, ".earthscope", "default", "tokens.json")
			}
			for attribute, want := range test.want {
				if got := text(t, result, attribute); got != want {
					t.Errorf("%s = %q, want %q", attribute, got, want)
				}
			}
			if want := tftypes.NewValue(tftypes.Bool, test.rotates); !result["rotating"].Equal(want) {
				t.Errorf("rotating = %s, want %s", result["rotating"], want)
			}
		})
	}
}

func TestEncodeUserID_asTheSDK(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]types.String{
		"auth0|a":     types.StringValue("YXV0aDB8YQ"),
		"x@clients":   types.StringValue("eEBjbGllbnRz"),
		"a|\xc3\xbf?": types.StringValue("YXzDvz8"),
		"ab|~~~":      types.StringValue("YWJ8fn5-"),
		"no user id":  types.StringNull(),
		"":            types.StringNull(),
	} {
		if got := encodeUserID(subject); !got.Equal(want) {
			t.Errorf("%q: got %s, want %s", subject, got, want)
		}
	}
}
