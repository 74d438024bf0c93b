package settings

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// decode converts a value as its source wrote it into the setting's type, as
// pydantic does in its lax mode. why is empty on success and otherwise says
// what is wrong in words that fit after "The setting", never quoting the value.
func decode(k *Known, n *node) (value any, why string) {
	if n.kind == kindNull {
		if k.optional {
			return nil, ""
		}
		return nil, "is null, which only optional settings can be"
	}
	switch k.Type {
	case TypeString, TypeScope:
		if k.Type == TypeScope && n.kind == kindList {
			list, why := decodeStrings(n)
			return strings.Join(list, " "), why
		}
		return decodeText(n)
	case TypeSecret:
		text, why := decodeText(n)
		return NewSecret(text), why
	case TypeURL:
		text, why := decodeText(n)
		if why == "" {
			text, why = normalizeURL(text)
		}
		return text, why
	case TypeInteger:
		number, why := decodeInteger(n)
		if why == "" {
			why = k.limit.check(float64(number))
		}
		return number, why
	case TypeNumber:
		number, why := decodeNumber(n)
		if why == "" {
			why = k.limit.check(number)
		}
		return number, why
	case TypeDuration:
		return decodeDuration(n)
	case TypeStrings:
		list, why := decodeStrings(n)
		return distinct(list), why
	case TypeIntegers:
		return decodeIntegers(n)
	case TypeHeaders:
		return decodeHeaders(n)
	case TypeCategory:
		text, why := decodeText(n)
		if why == "" && !slices.Contains(categories, text) {
			why = "is none of " + strings.Join(categories, ", ")
		}
		return text, why
	default:
		return nil, "is a table of settings, not a setting"
	}
}

func isNot(n *node, wanted string) string { return "is " + n.kind.String() + ", not " + wanted }

func decodeText(n *node) (string, string) {
	if n.kind != kindText {
		return "", isNot(n, "a string")
	}
	if !utf8.ValidString(n.text) {
		return "", "holds bytes that are not UTF-8 text"
	}
	return n.text, ""
}

// integerText is what pydantic reads as an integer from a string: surrounding
// white space, a sign, single underscores between digits, zero decimals.
var integerText = regexp.MustCompile(`^[+-]?[0-9]+(_[0-9]+)*(\.0+)?$`)

// numberText is the same for floating point numbers. It is compiled when a
// number is read, since that takes longer than all else at the program's start.
var numberText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`^[+-]?((([0-9]+(_[0-9]+)*)(\.([0-9]+(_[0-9]+)*)?)?|\.[0-9]+(_[0-9]+)*)([eE][+-]?[0-9]+(_[0-9]+)*)?|(?i:inf|infinity|nan))$`)
})

func decodeInteger(n *node) (int64, string) {
	const whole = "an integer"
	text := n.text
	switch n.kind {
	case kindBoolean:
		if text == "true" {
			return 1, ""
		}
		return 0, ""
	case kindFloat:
		if n.number != math.Trunc(n.number) {
			return 0, "is no whole number"
		}
		if math.IsInf(n.number, 0) || math.Abs(n.number) >= 1<<63 {
			return 0, "is too large"
		}
		return int64(n.number), ""
	case kindText:
		if text = strings.TrimSpace(text); !integerText.MatchString(text) {
			return 0, isNot(n, whole)
		}
		text, _, _ = strings.Cut(text, ".")
	case kindInteger:
	default:
		return 0, isNot(n, whole)
	}
	number, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil {
		return 0, "is too large"
	}
	return number, ""
}

func decodeNumber(n *node) (float64, string) {
	switch n.kind {
	case kindBoolean:
		if n.text == "true" {
			return 1, ""
		}
		return 0, ""
	case kindInteger, kindFloat:
		return n.number, ""
	case kindText:
		if number, ok := parseNumber(n.text); ok {
			return number, ""
		}
	}
	return 0, isNot(n, "a number")
}

// parseNumber reads what Python's float() reads: overflow gives infinity.
func parseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if !numberText().MatchString(text) {
		return 0, false
	}
	number, _ := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	return number, true
}

func (l limit) check(number float64) string {
	switch {
	case !l.set:
		return ""
	case l.open && !(number > l.low):
		return "must be greater than " + plain(l.low)
	case !l.open && !(number >= l.low):
		return "must be at least " + plain(l.low)
	case !l.noHigh && !(number <= l.high):
		return "must be at most " + plain(l.high)
	}
	return ""
}

func plain(number float64) string { return strconv.FormatFloat(number, 'g', -1, 64) }

func decodeStrings(n *node) ([]string, string) {
	if n.kind != kindList {
		return nil, isNot(n, "a list of strings")
	}
	list := make([]string, 0, len(n.items))
	for i, item := range n.items {
		text, why := decodeText(item)
		if why != "" {
			return nil, "has an element (number " + strconv.Itoa(i+1) + ") that " + why
		}
		list = append(list, text)
	}
	return list, ""
}

func decodeIntegers(n *node) ([]int64, string) {
	if n.kind != kindList {
		return nil, isNot(n, "a list of integers")
	}
	list := make([]int64, 0, len(n.items))
	for i, item := range n.items {
		number, why := decodeInteger(item)
		if why != "" {
			return nil, "has an element (number " + strconv.Itoa(i+1) + ") that " + why
		}
		list = append(list, number)
	}
	return distinct(list), ""
}

// distinct drops repetitions and keeps the order.
func distinct[T comparable](list []T) []T {
	kept := list[:0:0]
	for _, item := range list {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

func decodeHeaders(n *node) (map[string]string, string) {
	if n.kind != kindTable {
		return nil, isNot(n, "a table of strings")
	}
	headers := make(map[string]string, len(n.table.keys))
	for _, name := range n.table.keys {
		text, why := decodeText(n.table.fields[name])
		if why != "" {
			return nil, "has an entry (" + strconv.Quote(name) + ") that " + why
		}
		headers[name] = text
	}
	return headers, ""
}
