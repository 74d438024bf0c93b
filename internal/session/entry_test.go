package session

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func fullEntry() Entry {
	at := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	return Entry{
		AccessToken: settings.NewSecret("access"), IDToken: settings.NewSecret("identity"), RefreshToken: settings.NewSecret("refresh"),
		Issuer: "https://login.earthscope.org/", ClientID: "client", Subject: "auth0|a", Rotation: RotationSeen,
		Lineage: []string{"aa", "bb"}, Spent: []string{"cc"}, ReceivedAt: at, ReceivedToken: Fingerprint("access"),
		Refusal: &Refusal{Fingerprint: "bb", At: at, Code: "invalid_grant", Blocked: true},
		Suspect: "bb", SuspectAt: at, NotBefore: at, Check: "salt:key",
	}
}

func TestRecord_roundTrip(t *testing.T) {
	t.Parallel()
	for _, entry := range []Entry{{}, fullEntry()} {
		data, err := encodeRecord(entry, true)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(data)
		if err != nil || !reflect.DeepEqual(got, entry) {
			t.Errorf("round trip: %v\ngot  %+v\nwant %+v", err, got, entry)
		}
	}
}

func TestRecord_ofLoginHoldsNoToken(t *testing.T) {
	t.Parallel()
	data, err := encodeRecord(fullEntry(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{`"access"`, `"identity"`, `"refresh"`} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the record of a login holds %s", secret)
		}
	}
}

func TestRecord_unreadable(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"":               "malformed JSON",
		"[]":             "malformed JSON",
		`{"version":9}`:  "version 9",
		`{"version":1,`:  "malformed JSON",
		`{"secret":"x"}`: "version 0",
	} {
		_, err := decodeRecord([]byte(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodeRecord(%q) = %v, want %q", data, err, want)
		}
	}
}

func TestEntry_lineageIsBounded(t *testing.T) {
	t.Parallel()
	var entry Entry
	const last = lineageLimit + 100
	for i := range last {
		entry.succeed(fmt.Sprint(i), fmt.Sprint(i+1))
	}
	if len(entry.Lineage) != lineageLimit {
		t.Errorf("lineage holds %d, want %d", len(entry.Lineage), lineageLimit)
	}
	if !entry.descendsFrom(Fingerprint(fmt.Sprint(last))) || !entry.descendsFrom(Fingerprint(fmt.Sprint(last-1))) {
		t.Error("the newest tokens were forgotten")
	}
	if !entry.descendsFrom(Fingerprint("0")) {
		t.Error("the first token, which is still configured, was forgotten")
	}
	if entry.descendsFrom(Fingerprint("1")) {
		t.Error("the second token is still remembered")
	}
}

func TestFingerprint_isTheDocumentedOne(t *testing.T) {
	t.Parallel()
	// printf %s earthscope-v1:v1.example | sha256sum | cut -c1-16
	if got, want := Fingerprint("v1.example"), "b196972344351164"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}

func TestCheck_recognisesTheSecret(t *testing.T) {
	t.Parallel()
	check, err := newCheck(settings.NewSecret("right"))
	if err != nil {
		t.Fatal(err)
	}
	if !checkMatches(check, settings.NewSecret("right")) || checkMatches(check, settings.NewSecret("wrong")) {
		t.Error("the check does not tell secrets apart")
	}
	if other, _ := newCheck(settings.NewSecret("right")); other == check {
		t.Error("two checks of one secret are equal: no salt")
	}
	for _, broken := range []string{"", ":", "zz:aa", "00"} {
		if checkMatches(broken, settings.NewSecret("")) {
			t.Errorf("checkMatches(%q) = true", broken)
		}
	}
}
