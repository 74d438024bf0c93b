package interop_test

import (
	"fmt"
	"maps"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	rendering "github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

// rendered are settings of every type, with what the SDK makes of them.
var rendered = map[string]struct {
	text string
	want any
}{
	"oauth2.refresh_token":           {`v1.a'b"c\d$(e)${F}%g{h}{{i}}` + "`j`", `v1.a'b"c\d$(e)${F}%g{h}{{i}}` + "`j`"},
	"oauth2.access_token":            {"eyJ.e30.a-_", "eyJ.e30.a-_"},
	"oauth2.client_id":               {"é 🌋 \u2028", "é 🌋 \u2028"},
	"oauth2.domain":                  {"https://login.example.org/a/", "https://login.example.org/a/"},
	"oauth2.scope":                   {"openid offline_access", "openid offline_access"},
	"oauth2.allowed_hosts":           {`["h.example", "*.i"]`, []any{"*.i", "h.example"}},
	"oauth2.retry.attempts":          {"4", 4.0},
	"oauth2.retry.wait_exp_base":     {"1.5", 1.5},
	"http.timeout_read":              {"PT1M30S", 90.0},
	"http.timeout_connect":           {"7.5", 7.5},
	"http.retry.status_codes":        {"[503, 429]", []any{429.0, 503.0}},
	"http.extra_headers":             {`{"X-Team":"{seven}","X.Y":"$HOME"}`, map[string]any{"X-Team": "{seven}", "X.Y": "$HOME"}},
	"http.rate_limit.max_per_second": {"12.5", 12.5},
	"thread_pool_max_workers":        {"3", 3.0},
	"dropoff.category":               {"miniseed", "miniseed"},
	"query_plan.memory_limit_bytes":  {"1048576", 1048576.0},
}

func settingsToRender() rendering.Settings {
	all := rendering.Settings{"oauth2.client_secret": nil}
	for path, value := range rendered {
		all[path] = &value.text
	}
	return all
}

// accepts asks the SDK for its settings and compares those that were rendered.
func accepts(t *testing.T, python *sdk, form string, files map[string]string, env ...string) {
	t.Helper()
	home := t.TempDir()
	for file, text := range files {
		writeFile(t, home+"/"+file, text)
	}
	answer := python.ask(question{Call: "settings", Env: append([]string{"HOME=" + home}, env...)})
	if answer.Error != "" {
		t.Errorf("%s: the SDK stopped with %s: %s", form, answer.Error, answer.Message)
		return
	}
	for _, path := range slices.Sorted(maps.Keys(rendered)) {
		if got := answer.Settings[path]; !reflect.DeepEqual(got, rendered[path].want) {
			t.Errorf("%s: the SDK has %s = %v, want %v", form, path, got, rendered[path].want)
		}
	}
	if got := answer.Settings["oauth2.client_secret"]; got != nil {
		t.Errorf("%s: a setting that is null is %v", form, got)
	}
}

func TestRender_environment(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	environment, err := rendering.Environment(settingsToRender())
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for name, value := range environment {
		env = append(env, name+"="+value)
	}
	accepts(t, python, "environment", nil, env...)
}

func TestRender_configTOML(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for _, profile := range []string{"default", "Stage", `odd "name" \ [x] 🌋`} {
		text, err := rendering.ConfigTOML(profile, settingsToRender())
		if err != nil {
			t.Fatal(err)
		}
		accepts(t, python, "config.toml", map[string]string{configFile: text}, "ES_PROFILE="+profile)
	}
}

func TestRender_configTOMLWithTwoProfiles(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	other := "other"
	first, err := rendering.ConfigTOML("first", rendering.Settings{"oauth2.client_id": &other})
	if err != nil {
		t.Fatal(err)
	}
	second, err := rendering.ConfigTOML("second", settingsToRender())
	if err != nil {
		t.Fatal(err)
	}
	accepts(t, python, "two profiles", map[string]string{configFile: first + "\n" + second}, "ES_PROFILE=second")
}

// A value that config_toml refuses is one that the SDK really drops.
func TestRender_valueThatConfigTOMLRefuses(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	attempts := "3"
	if _, err := rendering.ConfigTOML("default", rendering.Settings{"oauth2.retry.attempts": &attempts}); err == nil {
		t.Error("it is not refused")
	}
	home := t.TempDir()
	writeFile(t, home+"/"+configFile, "[profile.default]\noauth2.retry.attempts = 3\n")
	answer := python.ask(question{Call: "settings", Env: []string{"HOME=" + home}})
	if got := answer.Settings["oauth2.retry.attempts"]; got != 5.0 {
		t.Errorf("the SDK has oauth2.retry.attempts = %v: it does not drop the value any more", got)
	}
}

func TestRender_bootstrapSettings(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for escape, undo := range map[rendering.Escape]func(string) string{
		rendering.EscapeNone:        func(text string) string { return text },
		rendering.EscapeKubeSpawner: func(text string) string { return kubeSpawner(t, python, text) },
		rendering.EscapeShell:       func(text string) string { return shell(t, text) },
	} {
		text, err := rendering.BootstrapSettings(settingsToRender(), escape)
		if err != nil {
			t.Fatal(err)
		}
		accepts(t, python, string(escape), nil, "ES_BOOTSTRAP_SETTINGS="+undo(text))
	}
}

// kubeSpawner lets Python's str.format and then Kubernetes have the text, which
// expands references to variables.
func kubeSpawner(t *testing.T, python *sdk, text string) string {
	t.Helper()
	answer := python.ask(question{Call: "undo format", Text: text})
	if answer.Error != "" {
		t.Fatalf("str.format stopped with %s: %s", answer.Error, answer.Message)
	}
	if strings.Contains(answer.Message, "$(") {
		t.Error("Kubernetes would take a part of the value for a reference")
	}
	return answer.Message
}

// shell lets a real shell assign the text to a variable.
func shell(t *testing.T, word string) string {
	t.Helper()
	path, err := exec.LookPath("sh")
	if err != nil {
		missing(t, "NOT TESTED: escape = \"shell\" with a shell: there is none")
	}
	output, err := exec.Command(path, "-c", fmt.Sprintf("A=%s; printf %%s \"$A\"", word)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(output)
}
