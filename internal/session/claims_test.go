package session

import (
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func unsigned(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestDecodeClaims(t *testing.T) {
	t.Parallel()
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	for name, test := range map[string]struct {
		token string
		want  Claims
	}{
		"all": {
			unsigned(`{"iss":"https://i/","sub":"auth0|a","azp":"c","scope":"x y","aud":["a","b"],"iat":100,"exp":200,"gty":"refresh_token","jti":"1"}`),
			Claims{Issuer: "https://i/", Subject: "auth0|a", ClientID: "c", Scope: "x y", Audience: []string{"a", "b"}, IssuedAt: at(100), ExpiresAt: at(200), GrantType: "refresh_token"},
		},
		"one audience, client_id": {unsigned(`{"client_id":"c","aud":"a","exp":200}`), Claims{ClientID: "c", Audience: []string{"a"}, ExpiresAt: at(200)}},
		"azp wins":                {unsigned(`{"azp":"z","client_id":"c","exp":200}`), Claims{ClientID: "z", ExpiresAt: at(200)}},
		"fraction":                {unsigned(`{"exp":200.9}`), Claims{ExpiresAt: at(200)}},
		"two segments":            {strings.TrimSuffix(unsigned(`{"exp":200}`), ".c2ln"), Claims{ExpiresAt: at(200)}},
		"url alphabet": {
			"e30." + strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString([]byte(`{"sub":"~~~???>>>","exp":200}`))) + ".x",
			Claims{Subject: "~~~???>>>", ExpiresAt: at(200)},
		},
		"standard alphabet": {
			"e30." + base64.StdEncoding.EncodeToString([]byte(`{"sub":"~~~???>>>","exp":200}`)) + ".x",
			Claims{Subject: "~~~???>>>", ExpiresAt: at(200)},
		},
	} {
		got, err := DecodeClaims(test.token)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, test.want)
		}
	}
}

func TestDecodeClaims_refused(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{
		"empty": "", "opaque": "v1.abc", "one part": "abc", "not base64": "a.*.c", "not JSON": unsigned("x"), "a list": unsigned("[]"),
		"no expiry": unsigned(`{"sub":"a"}`), "expiry null": unsigned(`{"exp":null}`), "expiry text": unsigned(`{"exp":"200"}`),
		"expiry huge": unsigned(`{"exp":1e300}`), "expiry negative": unsigned(`{"exp":-1}`), "audience number": unsigned(`{"aud":1,"exp":200}`),
		"subject number": unsigned(`{"sub":1,"exp":200}`), "issued huge": unsigned(`{"iat":1e300,"exp":200}`),
	} {
		_, err := DecodeClaims(token)
		if !errors.Is(err, ErrNotJWT) {
			t.Errorf("%s: error = %v, want ErrNotJWT", name, err)
		}
	}
}

func FuzzDecodeClaims(f *testing.F) {
	for _, seed := range []string{"", ".", "a.b.c", "e30.e30.e30", unsigned(`{"exp":200,"aud":["a"]}`), unsigned(`{"exp":1e308}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := DecodeClaims(token)
		if err == nil && (claims.ExpiresAt.Year() < 1970 || claims.ExpiresAt.Year() > 9999) {
			t.Errorf("expiry %v", claims.ExpiresAt)
		}
		if err != nil && len(token) > 20 && strings.Contains(err.Error(), token) {
			t.Error("the error quotes the token")
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	data, _ := encodeRecord(fullEntry(), true)
	f.Add(data)
	f.Add([]byte(`{"version":1,"lineage":[""]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		entry, err := decodeRecord(data)
		if err != nil {
			return
		}
		again, err := encodeRecord(entry, true)
		if err != nil {
			t.Skip("times beyond what JSON can hold")
		}
		if got, err := decodeRecord(again); err != nil || !reflect.DeepEqual(got, entry) {
			t.Errorf("not stable: %v", err)
		}
	})
}
