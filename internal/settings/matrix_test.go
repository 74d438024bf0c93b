package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// sample is one value of a type: as a text, as JSON, and in TOML.
type sample struct{ text, json, toml string }

// samples are two good values, the lower and the higher, and a bad one that
// JSON and TOML can both hold.
var samples = map[Type]struct{ low, high, bad sample }{
	TypeString:   {same("low"), same("high"), sample{"", "5", "5"}},
	TypeSecret:   {same("low"), same("high"), sample{"", "[]", "[]"}},
	TypeURL:      {same("https://low.example/"), same("https://high.example/"), same("nowhere")},
	TypeInteger:  {number("6"), number("9"), same("many")},
	TypeNumber:   {number("6.5"), number("9.5"), same("much")},
	TypeDuration: {number("6"), same("PT9S"), same("long")},
	TypeScope:    {same("low"), same("high"), sample{"", "true", "true"}},
	TypeStrings:  {number(`["low"]`), number(`["high"]`), same("bad")},
	TypeIntegers: {number("[406]"), number("[409]"), same("bad")},
	TypeHeaders: {
		sample{`{"X":"low"}`, `{"X":"low"}`, `{X = "low"}`},
		sample{`{"X":"high"}`, `{"X":"high"}`, `{X = "high"}`},
		same("bad"),
	},
	TypeCategory: {same("miniseed"), same("assembled"), same("other")},
}

func same(text string) sample { return sample{text, strconv.Quote(text), strconv.Quote(text)} }

func number(text string) sample { return sample{text, text, text} }

// placer writes a sample of a setting into one link of the chain.
type placer struct {
	link  Link
	place func(r *Request, f files, k Known, s sample)
}

// nestedJSON wraps a JSON value into the tables of a path.
func nestedJSON(path, value string) string {
	keys := strings.Split(path, ".")
	for i := len(keys) - 1; i >= 0; i-- {
		value = fmt.Sprintf("{%q: %s}", keys[i], value)
	}
	return value
}

// placers are the links that can hold any setting, lowest first.
var placers = []placer{
	{LinkBootstrap, func(r *Request, _ files, k Known, s sample) {
		r.Environ = append(r.Environ, "ES_BOOTSTRAP_SETTINGS="+nestedJSON(k.Path, s.json))
	}},
	{LinkConfigDefault, func(_ *Request, f files, k Known, s sample) {
		f[configPath] += "default." + k.Path + " = " + s.toml + "\n"
	}},
	{LinkConfigProfile, func(_ *Request, f files, k Known, s sample) {
		f[configPath] += "profile.default." + k.Path + " = " + s.toml + "\n"
	}},
	{LinkEnvironmentJSON, func(r *Request, _ files, k Known, s sample) {
		top, rest, nested := strings.Cut(k.Path, ".")
		if nested {
			r.Environ = append(r.Environ, "ES_"+strings.ToUpper(top)+"="+nestedJSON(strings.ToUpper(rest), s.json))
		}
	}},
	{LinkEnvironment, func(r *Request, _ files, k Known, s sample) {
		r.Environ = append(r.Environ, k.Environment+"="+s.text)
	}},
	{LinkArgument, func(r *Request, _ files, k Known, s sample) {
		r.Arguments = map[string]string{k.Path: s.text}
	}},
}

func placeable(p placer, k Known) bool {
	return p.link != LinkEnvironmentJSON || strings.Contains(k.Path, ".")
}

// TestLoad_everySettingInEveryLink: each setting is read from each link, with
// that link as its source.
func TestLoad_everySettingInEveryLink(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		for _, p := range placers {
			if !placeable(p, k) {
				continue
			}
			value := samples[k.Type].high
			f := files{}
			r := request(f)
			p.place(&r, f, k, value)
			s, _, err := Load(r)
			if err != nil {
				t.Errorf("%s in link %d: %v", k.Path, p.link, err)
				continue
			}
			want, err := k.Parse(value.text)
			if err != nil || !reflect.DeepEqual(s.values[k.Path], want) {
				t.Errorf("%s in link %d: %v, want %v (%v)", k.Path, p.link, s.values[k.Path], want, err)
			}
			if got := s.Source(k.Path); got.Link != p.link || got.Name == "" {
				t.Errorf("%s in link %d: source %#v", k.Path, p.link, got)
			}
			if got := len(changed(s)); got != 1 {
				t.Errorf("%s in link %d changes %d settings: %v", k.Path, p.link, got, changed(s))
			}
		}
	}
}

// TestLoad_everyPairOfLinks: of two links the higher one counts, whichever
// setting it is. Headers merge, but name one and the same header here.
func TestLoad_everyPairOfLinks(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		for i, low := range placers {
			for _, high := range placers[i+1:] {
				if !placeable(low, k) || !placeable(high, k) {
					continue
				}
				f := files{}
				r := request(f)
				high.place(&r, f, k, samples[k.Type].high)
				low.place(&r, f, k, samples[k.Type].low)
				s, _, err := Load(r)
				if err != nil {
					t.Errorf("%s in links %d and %d: %v", k.Path, low.link, high.link, err)
					continue
				}
				want, _ := k.Parse(samples[k.Type].high.text)
				if !reflect.DeepEqual(s.values[k.Path], want) || s.Source(k.Path).Link != high.link {
					t.Errorf("%s in links %d and %d: %v from %v, want %v", k.Path, low.link, high.link, s.values[k.Path], s.Source(k.Path), want)
				}
			}
		}
	}
}

// TestLoad_everySettingOfTheWrongType stops in each link, names the setting
// and the link, and in config.toml the place.
func TestLoad_everySettingOfTheWrongType(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		for _, p := range placers {
			bad := samples[k.Type].bad
			if !placeable(p, k) || (bad.text == "" && (p.link == LinkEnvironment || p.link == LinkArgument)) {
				continue // any text is a string
			}
			f := files{}
			r := request(f)
			p.place(&r, f, k, bad)
			_, _, err := Load(r)
			var e *Error
			if !errors.As(err, &e) || e.Setting != k.Path || e.Source.Link != p.link {
				t.Errorf("%s in link %d: error %#v", k.Path, p.link, err)
				continue
			}
			inFile := p.link == LinkConfigDefault || p.link == LinkConfigProfile
			if (e.Line == 1 && e.Column > 1) != inFile {
				t.Errorf("%s in link %d: line %d, column %d", k.Path, p.link, e.Line, e.Column)
			}
			if bad.text != "" && strings.Contains(err.Error(), bad.text+" ") {
				t.Errorf("%s in link %d: the value is quoted: %v", k.Path, p.link, err)
			}
		}
	}
}

// TestLoad_unusedConfigIsChecked: a wrong type stops although a higher link
// or another profile makes it irrelevant; in other links only what counts is
// looked at.
func TestLoad_unusedConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		good, bad := samples[k.Type].high, samples[k.Type].bad
		for _, table := range []string{"default", "profile.other", "profile.default"} {
			r := request(files{configPath: table + "." + k.Path + " = " + bad.toml + "\n"})
			r.Arguments = map[string]string{k.Path: good.text}
			if _, _, err := Load(r); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s in %s: error %v", k.Path, table, err)
			}
		}
		r := request(nil, "ES_BOOTSTRAP_SETTINGS="+nestedJSON(k.Path, bad.json))
		r.Arguments = map[string]string{k.Path: good.text}
		if _, _, err := Load(r); err != nil {
			t.Errorf("%s overridden: %v", k.Path, err)
		}
	}
}

// TestLoad_defaultsInConfigAreDropped: quirk of the SDK; [profile.p] cannot
// restore a default over [default], while the environment can.
func TestLoad_defaultsInConfigAreDropped(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		if k.dropped == "" || k.Type == TypeHeaders {
			continue
		}
		literal := k.dropped
		switch k.Type {
		case TypeString, TypeURL, TypeScope:
			literal = strconv.Quote(literal)
		default:
		}
		f := files{configPath: "default." + k.Path + " = " + samples[k.Type].high.toml + "\nprofile.default." + k.Path + " = " + literal + "\n"}
		s, _ := mustLoad(t, request(f))
		if want, _ := k.Parse(samples[k.Type].high.text); !reflect.DeepEqual(s.values[k.Path], want) {
			t.Errorf("%s: %v, want %v", k.Path, s.values[k.Path], want)
		}
		s, _ = mustLoad(t, request(f, k.Environment+"="+k.dropped))
		if want, _ := k.Parse(k.dropped); !reflect.DeepEqual(s.values[k.Path], want) {
			t.Errorf("%s from the environment: %v, want %v", k.Path, s.values[k.Path], want)
		}
	}
}

// TestLoad_nullHidesLowerLinks: JSON null makes an optional setting unset,
// whatever the lower links hold.
func TestLoad_nullHidesLowerLinks(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		top, rest, nested := strings.Cut(k.Path, ".")
		if !nested {
			continue
		}
		f := files{configPath: "default." + k.Path + " = " + samples[k.Type].low.toml + "\n"}
		s, _, err := Load(request(f, "ES_"+strings.ToUpper(top)+"="+nestedJSON(rest, "null")))
		if !k.optional {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: error %v", k.Path, err)
			}
			continue
		}
		if err != nil || s.values[k.Path] != nil || s.Source(k.Path).Link != LinkEnvironmentJSON {
			t.Errorf("%s: error %v", k.Path, err)
		}
	}
}

// TestLoad_lettersOfAnyCase: variables and the keys of their JSON may have
// any case; of two cases the later counts.
func TestLoad_lettersOfAnyCase(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		low, high := samples[k.Type].low, samples[k.Type].high
		want, _ := k.Parse(high.text)
		mixed := "Es_" + strings.ToLower(k.Environment[3:6]) + k.Environment[6:]
		s, _ := mustLoad(t, request(nil, k.Environment+"="+low.text, mixed+"="+high.text))
		if !reflect.DeepEqual(s.values[k.Path], want) || s.Source(k.Path).Name != mixed {
			t.Errorf("%s: %v from %v", mixed, s.values[k.Path], s.Source(k.Path))
		}
		s, _ = mustLoad(t, request(nil, mixed+"="+low.text, k.Environment+"="+high.text))
		if !reflect.DeepEqual(s.values[k.Path], want) || s.Source(k.Path).Name != k.Environment {
			t.Errorf("%s: %v from %v", k.Environment, s.values[k.Path], s.Source(k.Path))
		}
	}
}
