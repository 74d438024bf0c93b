package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// warnOfMasking tells about placements that hide each other, or that break
// when the identity server replaces refresh tokens.
func warnOfMasking(host placement.Host, credential pushed, diagnostics *diag.Diagnostics) {
	for _, conflict := range host.Conflicts(rotationOf(credential)) {
		summary := "Placement Hides Another"
		switch conflict.Kind {
		case bootstrap.BreaksUnderRotation, bootstrap.SeveralHolders, bootstrap.NeedsLastingHome:
			summary = "Placement Breaks When Tokens Are Replaced"
		case bootstrap.Expires:
			summary = "Access Token Expires on the Host"
		case bootstrap.Masks:
		}
		diagnostics.AddWarning(summary, conflict.Problem+"; "+conflict.WayOut+".")
	}
}

func rotationOf(credential pushed) bootstrap.Rotation {
	switch credential.rotation {
	case session.RotationSeen:
		return bootstrap.Rotating
	case session.RotationNotSeen:
		return bootstrap.NotRotating
	case session.RotationUnknown:
	}
	return bootstrap.RotationUnknown
}
