package settings

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxDays is the longest timedelta of Python.
const maxDays = 999_999_999

const (
	day         = 24 * time.Hour
	badDuration = "is no duration"
	longest     = "is longer than 999,999,999 days"
)

// The written forms of a duration, as pydantic 2 reads them. A text that
// Python's float() reads is a number of seconds before any of these.
var (
	isoDuration  = regexp.MustCompile(`^P([0-9.,A-Z]*)$`)
	isoPart      = regexp.MustCompile(`^([0-9]+)(?:[.,]([0-9]*))?([A-Z])`)
	daysDuration = regexp.MustCompile(`^([0-9]+) ?[dD](?:ays?|AYS?)?(?:,? ?([0-9]{2}:.*)?)?$`)
	clockTime    = regexp.MustCompile(`^([0-9]+):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?$`)
)

func decodeDuration(n *node) (time.Duration, string) {
	switch n.kind {
	case kindBoolean, kindInteger, kindFloat:
		number, _ := decodeNumber(n)
		return secondsDuration(number)
	case kindText:
		if number, ok := parseNumber(n.text); ok {
			return secondsDuration(number)
		}
		return parseDuration(n.text)
	default:
		return 0, isNot(n, "a duration")
	}
}

// secondsDuration rounds to microseconds. Durations beyond Go's range (292
// years), which nobody can wait for, become the longest one.
func secondsDuration(seconds float64) (time.Duration, string) {
	if math.IsNaN(seconds) {
		return 0, badDuration
	}
	if math.Abs(seconds) >= (maxDays+1)*day.Seconds() {
		return 0, longest
	}
	micros := math.Round(seconds * 1e6)
	if math.Abs(micros) >= math.MaxInt64/1000 {
		if micros < 0 {
			return math.MinInt64, ""
		}
		return math.MaxInt64, ""
	}
	return time.Duration(micros) * time.Microsecond, ""
}

func parseDuration(text string) (time.Duration, string) {
	sign := 1.0
	body := text
	if strings.HasPrefix(body, "+") {
		body = body[1:]
	} else if strings.HasPrefix(body, "-") {
		body, sign = body[1:], -1
	}
	var seconds float64
	var ok bool
	if parts := isoDuration.FindStringSubmatch(body); parts != nil {
		seconds, ok = isoSeconds(parts[1])
	} else if strings.ContainsAny(text, "dD") {
		seconds, ok = daysSeconds(body)
	} else if len(text) >= len("00:00") {
		seconds, ok = clockSeconds(body)
	}
	if !ok {
		return 0, badDuration
	}
	return secondsDuration(sign * seconds)
}

// isoSeconds reads what follows the P. Units may repeat and stand in any
// order; only the last quantity may have decimals; a year has 365 days, a
// month 30; the part after the T fits into 32 bits.
func isoSeconds(text string) (float64, bool) {
	date := map[string]float64{"Y": 365 * 86400, "M": 30 * 86400, "W": 7 * 86400, "D": 86400}
	clock := map[string]float64{"H": 3600, "M": 60, "S": 1}
	units, total, timed, found, last := date, 0.0, 0.0, false, false
	inTime := false
	for text != "" {
		if text[0] == 'T' && !inTime {
			units, inTime, text = clock, true, text[1:]
			continue
		}
		part := isoPart.FindStringSubmatch(text)
		if part == nil || last {
			return 0, false
		}
		unit, known := units[part[3]]
		if !known {
			return 0, false
		}
		quantity, err := strconv.ParseFloat(part[1]+"."+part[2]+"0", 64)
		if err != nil {
			return 0, false
		}
		last, found = part[2] != "", true
		if total += quantity * unit; inTime {
			if timed += quantity * unit; timed > math.MaxUint32 {
				return 0, false
			}
		}
		text = text[len(part[0]):]
	}
	return total, found
}

// daysSeconds reads "2 days, 01:02:03", "1d" and the like. Beside days a clock
// has no more than 24 hours.
func daysSeconds(text string) (float64, bool) {
	parts := daysDuration.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	days, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0, false
	}
	seconds := 0.0
	if parts[2] != "" {
		var ok bool
		if seconds, ok = clockSeconds(parts[2]); !ok || seconds >= 86400 {
			return 0, false
		}
	}
	return days*86400 + seconds, true
}

// clockSeconds reads HH:MM and HH:MM:SS; more digits of a second than six are
// cut off. Hours may exceed 23.
func clockSeconds(text string) (float64, bool) {
	parts := clockTime.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	hours, err := strconv.ParseFloat(parts[1], 64)
	minutes, _ := strconv.Atoi(parts[2])
	seconds, _ := strconv.Atoi("0" + parts[3])
	if err != nil || minutes > 59 || seconds > 59 {
		return 0, false
	}
	micros, _ := strconv.Atoi((parts[4] + "000000")[:6])
	return hours*3600 + float64(minutes*60+seconds) + float64(micros)/1e6, true
}
