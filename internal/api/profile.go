package api

import "context"

// Profile is what EarthScope knows about a user ("es user get-profile").
type Profile struct {
	FirstName, LastName string
	CountryCode         string
	// RegionCode is nil where the user's country has none.
	RegionCode   *string
	Institution  string
	WorkSector   string
	UserID       string
	PrimaryEmail string
	// CreatedAt and UpdatedAt are times as the API writes them, in ISO 8601.
	CreatedAt, UpdatedAt string
}

// UserProfile asks for the profile of the logged-in user. Errors are *Error, or
// the token source's.
func (c *Client) UserProfile(ctx context.Context) (Profile, error) {
	return c.profiles.do(ctx, "", func(ctx context.Context) (Profile, error) {
		body, err := c.ask(ctx, question{path: "beta/user/profile"})
		if err != nil {
			return Profile{}, err
		}
		profile, err := parseProfile(body)
		if err != nil {
			return Profile{}, c.badAnswer("the user profile", err)
		}
		return profile, nil
	})
}

// parseProfile reads the fields that the SDK's model requires; only
// region_code may be null.
func parseProfile(body []byte) (Profile, error) {
	d, err := parseDocument(body)
	if err != nil {
		return Profile{}, err
	}
	profile := Profile{
		FirstName: d.text("first_name"), LastName: d.text("last_name"),
		CountryCode: d.text("country_code"), RegionCode: d.nullable("region_code"),
		Institution: d.text("institution"), WorkSector: d.text("work_sector"),
		UserID: d.text("user_id"), PrimaryEmail: d.text("primary_email"),
		CreatedAt: d.text("created_at"), UpdatedAt: d.text("updated_at"),
	}
	return profile, d.err()
}
