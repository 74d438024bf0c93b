package placement

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// ParseSetting reads one SDK setting from its dotted name and a text: numbers
// as digits, lists and tables as JSON. Secrets and names that the SDK does not
// know are refused; the error never quotes the text.
func ParseSetting(name, text string) (bootstrap.Setting, error) {
	all := settings.KnownSettings()
	i := slices.IndexFunc(all, func(k settings.Known) bool { return k.Path == name })
	switch {
	case i < 0:
		return bootstrap.Setting{}, fmt.Errorf("%q is no setting of the SDK. Write its dotted name, such as resources.api_url or http.timeout_read", name)
	case all[i].Secret:
		return bootstrap.Setting{}, fmt.Errorf("%s is a secret and would be stored in state. Use refresh_token_wo or client_secret_wo", name)
	}
	switch all[i].Type {
	case settings.TypeInteger, settings.TypeNumber, settings.TypeStrings, settings.TypeIntegers, settings.TypeHeaders:
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil || value == nil || decoder.More() {
			return bootstrap.Setting{}, fmt.Errorf("the value is not a %s. Write it as JSON, such as 3, [\"a\",\"b\"] or {\"a\":\"b\"}; jsonencode(...) does", all[i].Type)
		}
		return bootstrap.Setting{Key: name, Value: value}, nil
	default:
		return bootstrap.Setting{Key: name, Value: text}, nil
	}
}

// Deviations are the settings in which loaded differs from the SDK's defaults
// and which a host needs to reach the same servers as the same client. Another
// API also needs its host allowed, or the SDK sends it no token.
func Deviations(loaded *settings.Settings) []bootstrap.Setting {
	var found []bootstrap.Setting
	defaults := map[string]string{}
	for _, k := range settings.KnownSettings() {
		defaults[k.Path] = k.Default
	}
	for _, s := range []struct{ path, value string }{
		{"oauth2.domain", loaded.OAuth2.Domain},
		{"oauth2.client_id", loaded.OAuth2.ClientID},
		{"oauth2.audience", loaded.OAuth2.Audience},
		{"resources.api_url", loaded.Resources.APIURL},
	} {
		if s.value != defaults[s.path] {
			found = append(found, bootstrap.Setting{Key: s.path, Value: s.value})
		}
	}
	if hosts := allowedHosts(loaded); hosts != nil {
		found = append(found, bootstrap.Setting{Key: "oauth2.allowed_hosts", Value: hosts})
	}
	return found
}

// Wanted are the settings for a host: those of a person over the deviations of
// loaded. Where the person names another API, its host is allowed as well.
func Wanted(loaded *settings.Settings, over []bootstrap.Setting) []bootstrap.Setting {
	effective := *loaded
	for _, s := range over {
		if api, isText := s.Value.(string); isText && s.Key == "resources.api_url" {
			effective.Resources.APIURL = api
		}
	}
	return Merge(Deviations(&effective), over)
}

// allowedHosts is the list that lets a token go to the configured API, nil
// where the SDK's own list does.
func allowedHosts(loaded *settings.Settings) []any {
	api, err := url.Parse(loaded.Resources.APIURL)
	if err != nil {
		return nil
	}
	name := api.Hostname()
	if name == "earthscope.org" || strings.HasSuffix(name, ".earthscope.org") {
		return nil
	}
	hosts := slices.Clone(loaded.OAuth2.AllowedHosts)
	if !slices.Contains(hosts, name) {
		hosts = append(hosts, name)
	}
	slices.Sort(hosts)
	list := make([]any, 0, len(hosts))
	for _, h := range hosts {
		list = append(list, h)
	}
	return list
}

// Merge returns base with the settings of over laid on top, sorted by name.
func Merge(base, over []bootstrap.Setting) []bootstrap.Setting {
	merged := slices.Clone(over)
	for _, s := range base {
		if !slices.ContainsFunc(over, func(o bootstrap.Setting) bool { return o.Key == s.Key }) {
			merged = append(merged, s)
		}
	}
	slices.SortFunc(merged, func(a, b bootstrap.Setting) int { return strings.Compare(a.Key, b.Key) })
	return merged
}
