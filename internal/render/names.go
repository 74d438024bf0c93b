package render

import (
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// letters folds case and drops what separates words, so that other spellings
// of a name (ES_OAUTH2__REFRESH_TOKEN, oauth2.refreshToken) are equal to it.
func letters(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// nearest returns the setting that is probably meant by a name that is none;
// "" if nothing is near. A name without its table counts if only one setting
// has it.
func nearest(key string) string {
	wanted := letters(key)
	for _, k := range settings.KnownSettings() {
		if wanted == letters(k.Path) || wanted == letters(k.Environment) {
			return k.Path
		}
	}
	if meant := closest(wanted, func(path string) string { return letters(path[strings.LastIndexByte(path, '.')+1:]) }); meant != "" {
		return meant
	}
	return closest(strings.TrimPrefix(wanted, "es"), letters)
}

// closest returns the setting whose short form differs least from wanted, if
// few letters differ and no other setting is as close.
func closest(wanted string, short func(path string) string) string {
	limit := min(3, len(wanted)/4)
	best, meant := limit+1, ""
	for _, k := range settings.KnownSettings() {
		switch d := distance(wanted, short(k.Path)); {
		case d < best:
			best, meant = d, k.Path
		case d == best:
			meant = ""
		}
	}
	return meant
}

// distance is the number of letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
