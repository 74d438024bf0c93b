package settings

import "testing"

// TestInteger_measured: what counts as an integer.
func TestInteger_measured(t *testing.T) {
	t.Parallel()
	checkTexts(t, "ES_OAUTH2__RETRY__ATTEMPTS", "oauth2.retry.attempts", []textRow{
		{"5", "5"},
		{" 5 ", "5"},
		{"+5", "5"},
		{"-5", stops},
		{"-0", "0"},
		{"5.0", "5"},
		{"5.5", stops},
		{"1_000", "1000"},
		{"1__0", stops},
		{"0x10", stops},
		{"1e3", stops},
		{"5.", stops},
		{"٥", stops},
		{"", stops},
		{"abc", stops},
		{"true", stops},
		{"007", "7"},
		{"99999999999999999999", stops}, // the SDK has no limit
		{"5.00", "5"},
		{"5 ", "5"},
		{"\n5", "5"},
		{"_5", stops},
		{"5_", stops},
		{"NaN", stops},
		{"1.0.0", stops},
		{"1.", stops},
		{".0", stops},
		{"+ 5", stops},
		{"- 5", stops},
		{"1_0.0", "10"},
		{"1.0_0", stops},
		{"1.00000", "1"},
		{"٥.0", stops},
		{"1e0", stops},
		{"0b1", stops},
		{"0_1", "1"},
		{"_1", stops},
		{"1 0", stops},
		{"9223372036854775807", "9223372036854775807"},
		{"+", stops},
		{"-", stops},
		{"0.0", "0"},
		{"-0.0", "0"},
		{"5\u00a0", "5"},
		{"\u20035", "5"},
	})
}

// TestNumber_measured: what counts as a number greater than 0.
func TestNumber_measured(t *testing.T) {
	t.Parallel()
	checkTexts(t, "ES_OAUTH2__RETRY__WAIT_EXP_BASE", "oauth2.retry.wait_exp_base", []textRow{
		{"2.5", "2.5"},
		{" 2.5 ", "2.5"},
		{"+3", "3"},
		{"1_0", "10"},
		{"1e3", "1000"},
		{"inf", "+Inf"},
		{"-inf", stops},
		{"nan", stops},
		{"Infinity", "+Inf"},
		{"0", stops},
		{"-1", stops},
		{".5", "0.5"},
		{"5.", "5"},
		{"0x1p3", stops},
		{"", stops},
		{"1e400", "+Inf"},
		{"1__0", stops},
		{"infinity", "+Inf"},
		{"+inf", "+Inf"},
		{"٥", stops},
		{"1_0.5_0", "10.5"},
		{"1._5", stops}, // the SDK reads 1.5
		{"1e1_0", "1e+10"},
		{"1e", stops},
		{"e1", stops},
		{".", stops},
		{"1.5e+3", "1500"},
		{"1.5E-3", "0.0015"},
		{"0x1", stops},
		{"infi", stops},
		{"NAN", stops},
		{"-nan", stops},
		{"\u00a05", "5"},
	})
}
