package bootstrap

import (
	"maps"
	"slices"
	"testing"
)

func steps(t *testing.T, editor Editor, before string, settings []Setting) map[string]func() {
	t.Helper()
	desired, expected := Desired{Settings: settings}, Expect(settings)
	after, record, err := editor.Edit([]byte(before), desired, Record{})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]func(){
		"Edit":    func() { _, _, err := editor.Edit([]byte(before), desired, Record{}); must(err) },
		"NoOp":    func() { _, _, err := editor.Edit(after, desired, record); must(err) },
		"Remove":  func() { _, _, err := editor.Remove(after, record); must(err) },
		"Inspect": func() { _, err := editor.Inspect(after, expected, record); must(err) },
	}
}

// allocationLimits are allocations of an edit, an edit that changes nothing, a removal and an inspection, a little above
// what was measured. TOML and Compose spend nearly all of theirs in the parsers, twice where a result is parsed again.
var allocationLimits = map[string]map[int][4]float64{
	"TOML":        {20: {560, 320, 450, 260}, 1000: {14_000, 6_300, 15_300, 6_200}},
	"Dotenv":      {20: {100, 64, 41, 63}, 1000: {1_730, 880, 880, 880}},
	"Shell":       {20: {118, 76, 49, 259}, 1000: {2_290, 1_160, 1_160, 1_350}},
	"Systemd":     {20: {127, 85, 55, 77}, 1000: {2_300, 1_170, 1_170, 1_170}},
	"Snippet":     {20: {85, 51, 9, 5}, 1000: {2_260, 1_140, 9, 5}},
	"Compose":     {20: {1_160, 520, 1_110, 700}, 1000: {40_900, 16_000, 42_200, 16_200}},
	"ComposeList": {20: {1_100, 520, 1_030, 510}, 1000: {36_000, 14_600, 37_300, 14_600}},
}

var stepNames = [4]string{"Edit", "NoOp", "Remove", "Inspect"}

// TestEditors_allocations is not parallel: other tests' allocations would count.
func TestEditors_allocations(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process
	for _, name := range slices.Sorted(maps.Keys(sizes())) {
		s := sizes()[name]
		for lines, limits := range allocationLimits[name] {
			measured := steps(t, s.editor, s.text(lines), s.settings)
			for i, step := range stepNames {
				if got := testing.AllocsPerRun(1, measured[step]); got > raceFactor*limits[i] {
					t.Errorf("%s, %d lines: %s allocates %.0f times, at most %.0f are expected", name, lines, step, got, raceFactor*limits[i])
				}
			}
		}
		once, twice := steps(t, s.editor, s.text(200), s.settings), steps(t, s.editor, s.text(400), s.settings)
		for _, step := range stepNames {
			if got, double := testing.AllocsPerRun(1, once[step]), testing.AllocsPerRun(1, twice[step]); double > 2.2*got+20 {
				t.Errorf("%s: %s allocates %.0f times for 200 lines and %.0f for 400", name, step, got, double)
			}
		}
	}
	limits := [4]float64{12, 12, 0, 18}
	measured := steps(t, Tokens{}, "", tokenSettings())
	for i, step := range stepNames {
		if got := testing.AllocsPerRun(10, measured[step]); got > raceFactor*limits[i] {
			t.Errorf("tokens.json: %s allocates %.0f times, at most %.0f are expected", step, got, raceFactor*limits[i])
		}
	}
}
