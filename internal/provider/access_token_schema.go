package provider

// Texts that the data source and the ephemeral object share, by attribute.
var accessTokenDescriptions = map[string]string{
	"min_ttl": "Least life that the token must have left, as a duration such as `30m`: a token with less is refreshed although it still works. " +
		"Objects of one run share one token, so the largest `min_ttl` among them holds for all that come after. Asking for more than a token can have " +
		"refreshes once and then warns. Default: the provider's `refresh_threshold`.",
	"access_token": "The access token, a JSON Web Token to be sent as `Authorization: Bearer ...`. The same " +
		"token is handed out until less than `refresh_threshold` (or `min_ttl`) is left.",
	"token_type": "How to send the token (RFC 6750): always `Bearer`.",
	"expires_at": "When the token expires (claim `exp`), in RFC 3339 form and UTC, for postconditions and `timecmp`. Changes with each refresh.",
	"issued_at":  "When the token was issued (claim `iat`), in RFC 3339 form and UTC; null if the token does not say. Changes with each refresh.",
	"scope":      "Scopes that the token was granted (claim `scope`), separated by spaces; null if the token does not say.",
	"subject":    "EarthScope user id that the token acts for (claim `sub`), such as `auth0|0123456789abcdef`, or `CLIENT_ID@clients` for a machine.",
	"audience":   "APIs that the token is meant for (claim `aud`).",
	"issuer":     "Identity server that issued the token (claim `iss`).",
	"client_id":  "OAuth client that the token was issued to (claim `azp`, else `client_id`).",
}
