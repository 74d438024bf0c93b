package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func edited(t *testing.T, text string, edit func(map[string]any)) []byte {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	edit(document)
	out, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUserProfile(t *testing.T) {
	t.Parallel()
	b := newBench(t, reply(wholeProfile))
	got, err := b.client.UserProfile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	region := "CO"
	want := Profile{
		FirstName: "Ada", LastName: "Quake", CountryCode: "US", RegionCode: &region, Institution: "I", WorkSector: "academic",
		UserID: subject, PrimaryEmail: "ada@example.org", CreatedAt: "2024-03-01T12:00:00Z", UpdatedAt: "2024-09-01T12:00:00Z",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("profile = %+v, want %+v", got, want)
	}
}

// Every field in turn is left out, null, of another type.
func TestParseProfile_fields(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		"first_name", "last_name", "country_code", "region_code", "institution", "work_sector", "user_id", "primary_email", "created_at", "updated_at",
	} {
		for name, test := range map[string]struct {
			edit func(map[string]any)
			want string
		}{
			"missing": {func(d map[string]any) { delete(d, field) }, "the field " + field + " is missing"},
			"null":    {func(d map[string]any) { d[field] = nil }, "the field " + field + " is null"},
			"number":  {func(d map[string]any) { d[field] = 7 }, "the field " + field + " is not text"},
		} {
			_, err := parseProfile(edited(t, wholeProfile, test.edit))
			if field == "region_code" && name == "null" {
				if err != nil {
					t.Errorf("region_code null: %v", err)
				}
				continue
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("%s %s: error = %v, want %q", field, name, err, test.want)
			}
		}
	}
}

func TestParseProfile_severalProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parseProfile([]byte(`{"first_name":null}`))
	if err == nil || !strings.HasPrefix(err.Error(), "the field first_name is null; the field last_name is missing; ") {
		t.Errorf("error = %v", err)
	}
}

func TestParseProfile_unknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	got, err := parseProfile(edited(t, wholeProfile, func(d map[string]any) { d["orcid"] = map[string]any{"id": 1}; d["region_code"] = nil }))
	if err != nil || got.FirstName != "Ada" || got.RegionCode != nil {
		t.Errorf("profile = %+v, error %v", got, err)
	}
}
