package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
)

// ConflictKind says what goes wrong.
type ConflictKind int

// The kinds of conflict.
const (
	// Masks: Winner hides Loser, so that what is placed in Loser is never used, nor a later login that writes there.
	Masks ConflictKind = iota
	// BreaksUnderRotation: the SDK saves a rotated token to tokens.json, which Loser outranks, so that the second
	// refresh spends a retired token and the whole session is revoked.
	BreaksUnderRotation
	// SeveralHolders: containers with a home each hold one session; the first rotation makes the others spend a retired
	// token.
	SeveralHolders
	// NeedsLastingHome: a container without a volume for its home forgets a rotated token when it is made anew.
	NeedsLastingHome
	// Expires: an access token is placed where nothing renews it.
	Expires
)

// Conflict is a placement that will not do what it was made for: something to warn of before it is written.
type Conflict struct {
	Kind ConflictKind
	// Winner is the placement that is used, for Masks only.
	Winner Placement
	// Loser is the placement with the problem.
	Loser Placement
	// Certain is false while it depends on something unknown: whether the provider rotates, or a container's volumes.
	Certain bool
	Problem string
	WayOut  string
}

// Message is the whole explanation with the way out.
func (c Conflict) Message() string { return c.Problem + "; " + c.WayOut }

// Masking returns the conflicts between the placements of one credential on one host, the worst first. It follows the
// SDK's order of sources and what was measured of its behaviour under rotation.
func Masking(placements []Placement, kind CredentialKind, rotation Rotation) []Conflict {
	var conflicts []Conflict
	if kind == RefreshToken && rotation != NotRotating {
		conflicts = append(conflicts, rotationConflicts(placements, rotation == Rotating)...)
	}
	conflicts = append(conflicts, masks(placements, kind)...)
	if kind == AccessToken {
		conflicts = append(conflicts, expiries(placements)...)
	}
	slices.SortStableFunc(conflicts, func(a, b Conflict) int {
		return cmp.Compare(severity(a), severity(b))
	})
	return conflicts
}

// severity orders: sessions lost for certain, sessions lost perhaps, values that are merely not used.
func severity(c Conflict) int {
	switch {
	case c.Kind != Masks && c.Kind != Expires && c.Certain:
		return 0
	case c.Kind != Masks && c.Kind != Expires:
		return 1
	default:
		return 2
	}
}

func rotationConflicts(placements []Placement, certain bool) []Conflict {
	when := "if the identity provider rotates refresh tokens, "
	if certain {
		when = "the identity provider rotates refresh tokens: "
	}
	var conflicts []Conflict
	for _, p := range placements {
		if p.Foreign {
			continue // its own session, and if it hides ours, a mask
		}
		if !p.survivesRotation() {
			conflicts = append(conflicts, Conflict{
				Kind: BreaksUnderRotation, Loser: p, Certain: certain,
				Problem: when + fmt.Sprintf("the refresh token in %s hides the one that the SDK saves to tokens.json after "+
					"its first refresh, and the second refresh revokes the session", p),
				WayOut: wayOutOfRotation(p),
			})
			continue
		}
		if p.Kind == ComposeFile {
			conflicts = append(conflicts, Conflict{
				Kind: NeedsLastingHome, Loser: p,
				Problem: when + fmt.Sprintf("a container of %s that is made anew without its home starts from the first "+
					"refresh token again, which revokes the session", p),
				WayOut: "mount a volume at ~/.earthscope in the service",
			})
		}
	}
	if holders, last := holders(placements); holders > 1 {
		conflicts = append(conflicts, Conflict{
			Kind: SeveralHolders, Loser: last, Certain: certain,
			Problem: when + fmt.Sprintf("%d homes hold the same refresh token (the host's and each container's count as one), "+
				"and the first of them to refresh makes the others revoke it", holders),
			WayOut: "give each its own session (refresh_token_wo from ephemeral.earthscope_refresh_token, one profile each), " +
				`share ~/.earthscope as a volume, or use credential = "access_token"`,
		})
	}
	return conflicts
}

func wayOutOfRotation(p Placement) string {
	switch p.Kind {
	case ConfigFile:
		return "set include_token = false in config_file and use tokens_file"
	case ComposeFile:
		return `set style = "bootstrap" in compose_files, with a volume at ~/.earthscope`
	default:
		return `use tokens_file with include_token = false here, or style = "bootstrap"`
	}
}

// holders counts the homes that keep the session: one for all files on the host, one for each container.
func holders(placements []Placement) (count int, last Placement) {
	host := false
	for _, p := range placements {
		if p.Foreign || p.Kind == LegacyFile {
			continue
		}
		if p.Kind == ComposeFile {
			count += max(1, p.Services)
			last = p
			continue
		}
		if !host {
			host = true
			count++
		}
		if last.Kind != ComposeFile {
			last = p
		}
	}
	return count, last
}

// masks compares the placements that one process on the host sees together. Containers have an environment and a home of
// their own, so they are left out.
func masks(placements []Placement, kind CredentialKind) []Conflict {
	var conflicts []Conflict
	for i, loser := range placements {
		winner, found := strongest(placements, i)
		if !found || loser.Kind == ComposeFile || loser.Foreign {
			continue
		}
		conflicts = append(conflicts, Conflict{
			Kind: Masks, Winner: winner, Loser: loser,
			Certain: winner.Kind != EnvironmentFile,
			Problem: maskProblem(winner, loser),
			WayOut:  wayOutOfMask(winner, loser, kind),
		})
	}
	return conflicts
}

// strongest returns the highest source above placement i.
func strongest(placements []Placement, i int) (winner Placement, found bool) {
	for j, p := range placements {
		if j == i || p.Kind == ComposeFile || p.rank() >= placements[i].rank() {
			continue
		}
		if !found || p.rank() < winner.rank() {
			winner, found = p, true
		}
	}
	return winner, found
}

func maskProblem(winner, loser Placement) string {
	if winner.Kind == EnvironmentFile {
		return fmt.Sprintf("in every process that reads %s, its credential outranks the one in %s", winner, loser)
	}
	return fmt.Sprintf("the credential in %s outranks the one in %s, which is never used", winner, loser)
}

func wayOutOfMask(winner, loser Placement, kind CredentialKind) string {
	switch {
	case winner.Foreign:
		return fmt.Sprintf("remove the credential from %s, or adopt it there", winner)
	case loser.Kind == TokensFile && kind == RefreshToken:
		return fmt.Sprintf("set include_token = false for %s: the token in %s survives rotation", winner, loser)
	default:
		return fmt.Sprintf("set include_token = false for %s or for %s", winner, loser)
	}
}

func expiries(placements []Placement) []Conflict {
	var conflicts []Conflict
	for _, p := range placements {
		if !p.Foreign && (p.Kind == EnvironmentFile || p.Kind == ComposeFile) {
			conflicts = append(conflicts, Conflict{
				Kind: Expires, Loser: p, Certain: true,
				Problem: fmt.Sprintf("a process keeps the access token of %s that it started with, also when the file is "+
					"renewed, and fails when that expires", p),
				WayOut: "use tokens_file, which a process reads when it starts, and keep processes shorter than the token, " +
					`or use credential = "refresh_token"`,
			})
		}
	}
	return conflicts
}
