package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Rotation says what is known of the identity server's treatment of refresh
// tokens.
type Rotation string

// What can be known of rotation.
const (
	RotationUnknown Rotation = ""
	RotationSeen    Rotation = "seen"     // a refresh returned a new refresh token
	RotationNotSeen Rotation = "not seen" // a refresh returned none
)

// Refusal is the identity server's verdict on one token.
type Refusal struct {
	Fingerprint string    // of the refused token; empty for a client secret
	At          time.Time // local time of the verdict
	Code        string    // the OAuth error code, "http 403" where there was none
	Blocked     bool      // "user is blocked"
	By          Identity  // whose verdict it is; the entry's where it is empty
}

// Entry is what a store keeps of one session.
type Entry struct {
	AccessToken  settings.Secret
	IDToken      settings.Secret
	RefreshToken settings.Secret

	Issuer, ClientID, Subject string
	Rotation                  Rotation
	// Lineage holds the fingerprints of the refresh tokens of this session,
	// oldest first; the last one is the current one.
	Lineage []string
	// Spent holds the fingerprints of refresh tokens that were replaced and
	// whose successor is gone, because another login took the session's place.
	// Such a token is dead; sending it would look like a theft.
	Spent []string
	// ReceivedAt is the local time at which the access token with fingerprint
	// ReceivedToken arrived.
	ReceivedAt    time.Time
	ReceivedToken string
	Refusal       *Refusal
	// Suspect is the fingerprint of a refresh token whose exchange got no
	// answer, twice: the server may have replaced it. SuspectAt is when.
	Suspect   string
	SuspectAt time.Time
	// Sending is the fingerprint of a login's refresh token that was about to
	// be exchanged while it was not known whether the server rotates. Finding
	// another token in tokens.json then says that the exchange succeeded and
	// its process died before it could record that.
	Sending string
	// NotBefore is when the identity server takes requests again (429).
	NotBefore time.Time
	// Check recognises the client secret this entry was made with.
	Check string
}

// lineageLimit bounds the ancestors that are remembered: a year of hourly
// rotation.
const lineageLimit = 9000

// identity is whom the session is with.
func (e *Entry) identity() Identity { return Identity{Issuer: e.Issuer, ClientID: e.ClientID} }

// belongsTo reports whether the session may be taken for one of id: it is, or no
// server has answered it with a token yet.
func (e *Entry) belongsTo(id Identity) bool { return e.ReceivedToken == "" || e.identity() == id }

// descendsFrom reports whether fingerprint is one of the session's tokens.
func (e *Entry) descendsFrom(fingerprint string) bool {
	return slices.Contains(e.Lineage, fingerprint)
}

// wasSpent reports whether fingerprint is of a token without a live successor.
func (e *Entry) wasSpent(fingerprint string) bool {
	return slices.Contains(e.Spent, fingerprint) && !e.descendsFrom(fingerprint)
}

// wasReplaced reports whether fingerprint is of a token that this session has
// used up.
func (e *Entry) wasReplaced(fingerprint string) bool {
	last := len(e.Lineage) - 1
	return e.Rotation == RotationSeen && last > 0 && e.Lineage[last] != fingerprint && e.descendsFrom(fingerprint)
}

// succeed records that refresh token next came from previous.
func (e *Entry) succeed(previous, next string) {
	if fp := Fingerprint(previous); previous != "" && !e.descendsFrom(fp) {
		e.Lineage = append(e.Lineage, fp)
	}
	if fp := Fingerprint(next); next != "" {
		// The server may give a former one anew: it is the current one then.
		e.Lineage = append(slices.DeleteFunc(e.Lineage, func(known string) bool { return known == fp }), fp)
	}
	e.Lineage = newest(e.Lineage)
}

// newest bounds a list of fingerprints to its latest ones and the very first:
// that one is still configured where the session started with it, and would be
// sent again if it were forgotten.
func newest(fingerprints []string) []string {
	excess := len(fingerprints) - lineageLimit
	if excess <= 0 {
		return fingerprints
	}
	return slices.Concat(fingerprints[:1], fingerprints[excess+1:])
}

// receivedAt returns when the current access token arrived, zero if unknown.
func (e *Entry) receivedAt() time.Time {
	if !e.AccessToken.IsSet() || e.ReceivedToken != Fingerprint(e.AccessToken.Reveal()) {
		return time.Time{}
	}
	return e.ReceivedAt
}

// clone returns a copy that shares nothing with e.
func (e *Entry) clone() Entry {
	c := *e
	c.Lineage, c.Spent = slices.Clone(e.Lineage), slices.Clone(e.Spent)
	if e.Refusal != nil {
		r := *e.Refusal
		c.Refusal = &r
	}
	return c
}

// record is the JSON form of an Entry in our own files. A login's tokens stand
// in tokens.json, so its record holds none.
type record struct {
	Version        int        `json:"version"`
	Issuer         string     `json:"issuer,omitempty"`
	ClientID       string     `json:"client_id,omitempty"`
	Subject        string     `json:"subject,omitempty"`
	AccessToken    string     `json:"access_token,omitempty"`
	IDToken        string     `json:"id_token,omitempty"`
	RefreshToken   string     `json:"refresh_token,omitempty"`
	ReceivedAt     *time.Time `json:"received_at,omitempty"`
	ReceivedToken  string     `json:"received_token,omitempty"`
	Rotation       Rotation   `json:"rotation,omitempty"`
	Lineage        []string   `json:"lineage,omitempty"`
	Spent          []string   `json:"spent,omitempty"`
	RefusedAt      *time.Time `json:"refused_at,omitempty"`
	RefusedToken   string     `json:"refused_token,omitempty"`
	RefusedCode    string     `json:"refused_code,omitempty"`
	RefusedBlocked bool       `json:"refused_blocked,omitempty"`
	RefusedIssuer  string     `json:"refused_issuer,omitempty"`
	RefusedClient  string     `json:"refused_client,omitempty"`
	SuspectToken   string     `json:"suspect_token,omitempty"`
	SuspectAt      *time.Time `json:"suspect_at,omitempty"`
	SendingToken   string     `json:"sending_token,omitempty"`
	NotBefore      *time.Time `json:"not_before,omitempty"`
	SecretCheck    string     `json:"secret_check,omitempty"`
}

const recordVersion = 1

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// encodeRecord renders e; withTokens is false where the tokens are kept in
// tokens.json.
func encodeRecord(e Entry, withTokens bool) ([]byte, error) {
	r := record{
		Version: recordVersion, Issuer: e.Issuer, ClientID: e.ClientID, Subject: e.Subject,
		ReceivedAt: optionalTime(e.ReceivedAt), ReceivedToken: e.ReceivedToken,
		Rotation: e.Rotation, Lineage: e.Lineage, Spent: e.Spent,
		SuspectToken: e.Suspect, SuspectAt: optionalTime(e.SuspectAt), SendingToken: e.Sending,
		NotBefore: optionalTime(e.NotBefore), SecretCheck: e.Check,
	}
	if withTokens {
		r.AccessToken, r.IDToken, r.RefreshToken = e.AccessToken.Reveal(), e.IDToken.Reveal(), e.RefreshToken.Reveal()
	}
	if f := e.Refusal; f != nil {
		r.RefusedAt, r.RefusedToken, r.RefusedCode, r.RefusedBlocked = optionalTime(f.At), f.Fingerprint, f.Code, f.Blocked
		r.RefusedIssuer, r.RefusedClient = f.By.Issuer, f.By.ClientID
	}
	return json.MarshalIndent(r, "", "  ")
}

// decodeRecord is the inverse of encodeRecord.
func decodeRecord(data []byte) (Entry, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		// The decoder's message may quote the file, so it is not wrapped.
		return Entry{}, fmt.Errorf("not a session record: malformed JSON")
	}
	if r.Version != recordVersion {
		return Entry{}, fmt.Errorf("a session record of version %d; this program knows version %d", r.Version, recordVersion)
	}
	e := Entry{
		AccessToken: settings.NewSecret(r.AccessToken), IDToken: settings.NewSecret(r.IDToken),
		RefreshToken: settings.NewSecret(r.RefreshToken),
		Issuer:       r.Issuer, ClientID: r.ClientID, Subject: r.Subject,
		Rotation: r.Rotation, Lineage: r.Lineage, Spent: r.Spent,
		ReceivedAt: timeOrZero(r.ReceivedAt), ReceivedToken: r.ReceivedToken,
		Suspect: r.SuspectToken, SuspectAt: timeOrZero(r.SuspectAt), Sending: r.SendingToken,
		NotBefore: timeOrZero(r.NotBefore), Check: r.SecretCheck,
	}
	if r.RefusedAt != nil {
		e.Refusal = &Refusal{
			Fingerprint: r.RefusedToken, At: *r.RefusedAt, Code: r.RefusedCode, Blocked: r.RefusedBlocked,
			By: Identity{Issuer: r.RefusedIssuer, ClientID: r.RefusedClient},
		}
	}
	return e, nil
}
