package settings

import "testing"

// TestBootstrap_measured: ES_BOOTSTRAP_SETTINGS.
func TestBootstrap_measured(t *testing.T) {
	t.Parallel()
	checkMeasured(t, []measuredRow{
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":5}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"http":5}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"http":null}`}, stops: true},
		// The SDK saves the tokens as those of profile y.
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"es_profile":"y"}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"profile_name":"y"}`}, want: nil},
		{env: []string{"ES_BOOTSTRAP_SETTINGS=null"}, stops: true},
		{env: []string{"ES_BOOTSTRAP_SETTINGS=[]"}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS=""`}, stops: true},
		{env: []string{"ES_BOOTSTRAP_SETTINGS="}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":5}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":5}}`, "ES_OAUTH2__REFRESH_TOKEN=x"}, want: map[string]string{"oauth2.refresh_token": "x"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"b"}}`}, want: map[string]string{"oauth2.refresh_token": "b"}},
		{env: []string{`es_bootstrap_settings={"oauth2":{"refresh_token":"b"}}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"OAUTH2":{"refresh_token":"b"}}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"Refresh_token":"b"}}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": true}}}`}, want: map[string]string{"oauth2.retry.attempts": "1"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": false}}}`}, want: map[string]string{"oauth2.retry.attempts": "0"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": 5.0}}}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": 5.5}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": 1e2}}}`}, want: map[string]string{"oauth2.retry.attempts": "100"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": null}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": []}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": "7"}}}`}, want: map[string]string{"oauth2.retry.attempts": "7"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": 1e400}}}`}, stops: true},
		// The SDK has no limit.
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"attempts": 99999999999999999999}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": true}}}`}, want: map[string]string{"oauth2.retry.wait_exp_base": "1"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": 3}}}`}, want: map[string]string{"oauth2.retry.wait_exp_base": "3"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": "3"}}}`}, want: map[string]string{"oauth2.retry.wait_exp_base": "3"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": null}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": NaN}}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2": {"retry": {"wait_exp_base": Infinity}}}`}, want: map[string]string{"oauth2.retry.wait_exp_base": "+Inf"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"b"}}`, "ES_OAUTH2__REFRESH_TOKEN="}, want: map[string]string{"oauth2.refresh_token": ""}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"retry":{"attempts":"x"}}}`, "ES_OAUTH2__RETRY__ATTEMPTS=4"}, want: map[string]string{"oauth2.retry.attempts": "4"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":null}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"resources":{"api_url":null}}`}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"thread_pool_max_workers":null}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"http":{"timeout_read":"PT9S"}}`}, want: map[string]string{"http.timeout_read": "9s"}},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"a":1,}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"a","refresh_token":"b"}}`}, want: map[string]string{"oauth2.refresh_token": "b"}},
		{env: []string{"ES_BOOTSTRAP_SETTINGS=\ufeff{}"}, want: nil},
		{env: []string{"ES_BOOTSTRAP_SETTINGS=5"}, stops: true},
		{env: []string{"ES_BOOTSTRAP_SETTINGS=NaN"}, stops: true},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":[]}`}, want: nil},
		{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":"x"}`, "ES_OAUTH2__CLIENT_ID=e"}, want: map[string]string{"oauth2.client_id": "e"}},
	})
}
