package placement

import "github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"

// Conflicts are the placements of the credential that will not do what they
// were made for.
func (h Host) Conflicts(rotation bootstrap.Rotation) []bootstrap.Conflict {
	kinds := map[Kind]bootstrap.PlacementKind{
		Tokens: bootstrap.TokensFile, Config: bootstrap.ConfigFile, Environment: bootstrap.EnvironmentFile, Compose: bootstrap.ComposeFile,
	}
	var placements []bootstrap.Placement
	for _, f := range h.Files {
		if h.HoldsToken(f) {
			placements = append(placements, bootstrap.Placement{Kind: kinds[f.Kind], Path: f.Path, Style: f.Style, Services: len(f.Services)})
		}
	}
	kind := bootstrap.RefreshToken
	switch h.Credential.Kind {
	case ClientCredentials:
		kind = bootstrap.ClientCredentials
	case AccessToken:
		kind = bootstrap.AccessToken
	case RefreshToken:
	}
	return bootstrap.Masking(placements, kind, rotation)
}
