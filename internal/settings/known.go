package settings

import "strings"

// Type is the kind of value a setting takes.
type Type string

// The types. Where a text is read (environment variable, argument), lists and
// tables are written in JSON; everything else is the text itself.
const (
	TypeString   Type = "string"
	TypeSecret   Type = "secret string"
	TypeURL      Type = "URL"
	TypeInteger  Type = "integer"
	TypeNumber   Type = "number"
	TypeDuration Type = "duration"          // seconds, ISO 8601 or HH:MM:SS
	TypeScope    Type = "scope"             // string, or list joined by spaces
	TypeStrings  Type = "set of strings"    // order has no meaning
	TypeIntegers Type = "set of integers"   // order has no meaning
	TypeHeaders  Type = "table of strings"  // merged key by key
	TypeCategory Type = "dropoff category"  // one of Categories
	typeGroup    Type = "table of settings" // inner node of the tree
)

// Categories are the values of dropoff.category.
var categories = []string{"miniseed", "assembled", "stationxml"}

// Known is one setting of earthscope-sdk 1.9.3.
type Known struct {
	// Path is the dotted path ("oauth2.retry.attempts"), as in config.toml.
	Path string
	Type Type
	// Default is the SDK's default as a text that the environment variable
	// would take; empty where the setting is unset by default.
	Default string
	// Secret values are masked wherever they are shown.
	Secret bool
	// Environment is the variable's documented spelling (any case is read).
	Environment string

	// dropped is the value that config.toml cannot set (SDK quirk: values
	// equal to a model's default are dropped on reading); Default if empty.
	dropped string
	// optional settings take null in JSON, meaning unset.
	optional bool
	limit    limit
}

// limit bounds a number. The zero limit allows everything.
type limit struct {
	low, high float64
	open      bool // low itself is excluded
	set       bool
	noHigh    bool
}

var (
	atLeastZero = limit{low: 0, set: true, noHigh: true}
	aboveZero   = limit{low: 0, open: true, set: true, noHigh: true}
	oneTo200    = limit{low: 1, high: 200, set: true}
)

const (
	statusDefault = "[429,500,502,503,504]"
	hostsDefault  = `["earthscope.org","*.earthscope.org"]`
	// sdkUserAgent is the SDK's own default. The provider has its own, so the
	// setting counts as unset here, but config.toml drops the value.
	sdkUserAgent = "earthscope-sdk py/1.9.3"
)

// knownSettings is the one table that drives reading, checking, describing
// and documenting settings. Defaults: earthscope_sdk/config/models.py.
var knownSettings = buildKnown()

func buildKnown() []Known {
	list := []Known{
		{Path: "oauth2.access_token", Type: TypeSecret, optional: true},
		{Path: "oauth2.id_token", Type: TypeSecret, optional: true},
		{Path: "oauth2.refresh_token", Type: TypeSecret, optional: true},
		{Path: "oauth2.client_secret", Type: TypeSecret, optional: true},
		{Path: "oauth2.domain", Type: TypeURL, Default: "https://login.earthscope.org/"},
		{Path: "oauth2.client_id", Type: TypeString, Default: "b9DtAFBd6QvMg761vI3YhYquNZbJX5G0"},
		{Path: "oauth2.audience", Type: TypeString, Default: "https://api.earthscope.org"},
		{Path: "oauth2.scope", Type: TypeScope, Default: "offline_access"},
		{Path: "oauth2.allowed_hosts", Type: TypeStrings, Default: hostsDefault},
		// The class of oauth2.retry has http.retry's defaults; its instance
		// has its own. config.toml drops the former.
		{Path: "oauth2.retry.attempts", Type: TypeInteger, Default: "5", dropped: "3", limit: atLeastZero},
		{Path: "oauth2.retry.timeout", Type: TypeDuration, Default: "30", dropped: "20"},
		{Path: "oauth2.retry.wait_initial", Type: TypeDuration, Default: "1", dropped: "0.1"},
		{Path: "oauth2.retry.wait_max", Type: TypeDuration, Default: "5"},
		{Path: "oauth2.retry.wait_jitter", Type: TypeDuration, Default: "3", dropped: "1"},
		{Path: "oauth2.retry.wait_exp_base", Type: TypeNumber, Default: "2", limit: aboveZero},
		{Path: "oauth2.retry.status_codes", Type: TypeIntegers, Default: statusDefault},
		{Path: "resources.api_url", Type: TypeURL, Default: "https://api.earthscope.org/"},
		{Path: "http.timeout_connect", Type: TypeDuration, Default: "5"},
		{Path: "http.timeout_read", Type: TypeDuration, Default: "5"},
		{Path: "http.keepalive_expiry", Type: TypeDuration, Default: "5"},
		{Path: "http.max_connections", Type: TypeInteger, optional: true},
		{Path: "http.max_keepalive_connections", Type: TypeInteger, optional: true},
		{Path: "http.rate_limit.max_concurrent", Type: TypeInteger, Default: "100", limit: oneTo200},
		{Path: "http.rate_limit.max_per_second", Type: TypeNumber, Default: "150", limit: oneTo200},
		{Path: "http.user_agent", Type: TypeString, dropped: sdkUserAgent},
		{Path: "http.extra_headers", Type: TypeHeaders, Default: "{}"},
		{Path: "thread_pool_max_workers", Type: TypeInteger, optional: true},
		{Path: "dropoff.bucket", Type: TypeString, Default: "dropoff-prod-us-east-2-k9j3mdz7wq1p"},
		{Path: "dropoff.category", Type: TypeCategory, optional: true},
		{Path: "dropoff.part_size", Type: TypeInteger, Default: "10485760"},
		{Path: "dropoff.part_concurrency", Type: TypeInteger, Default: "8"},
		{Path: "dropoff.object_concurrency", Type: TypeInteger, Default: "3"},
		{Path: "query_plan.memory_limit_bytes", Type: TypeInteger, optional: true, limit: aboveZero},
		{Path: "query_plan.timeout_seconds", Type: TypeNumber, optional: true, limit: aboveZero},
	}
	list = append(list, plainRetry("http.retry")...)
	list = append(list, Known{Path: "http.retry.status_codes", Type: TypeIntegers, Default: statusDefault})
	list = append(list, plainRetry("dropoff.retry")...)
	for i := range list {
		k := &list[i]
		k.Secret = k.Type == TypeSecret
		k.Environment = "ES_" + strings.ToUpper(strings.ReplaceAll(k.Path, ".", "__"))
		if k.dropped == "" {
			k.dropped = k.Default
		}
	}
	return list
}

// plainRetry is RetrySettings with its class defaults.
func plainRetry(path string) []Known {
	return []Known{
		{Path: path + ".attempts", Type: TypeInteger, Default: "3", limit: atLeastZero},
		{Path: path + ".timeout", Type: TypeDuration, Default: "20"},
		{Path: path + ".wait_initial", Type: TypeDuration, Default: "0.1"},
		{Path: path + ".wait_max", Type: TypeDuration, Default: "5"},
		{Path: path + ".wait_jitter", Type: TypeDuration, Default: "1"},
		{Path: path + ".wait_exp_base", Type: TypeNumber, Default: "2", limit: aboveZero},
	}
}

// KnownSettings lists every setting of earthscope-sdk 1.9.3, in the order of
// the tables of its configuration. The caller owns the slice.
func KnownSettings() []Known { return append([]Known(nil), knownSettings...) }

// LookupKnown finds a setting by its dotted path; letter case counts.
func LookupKnown(path string) (Known, bool) {
	e := schema.find(path)
	if e == nil || e.leaf == nil {
		return Known{}, false
	}
	return *e.leaf, true
}

// Parse reads text as the setting's environment variable would and returns a
// string, Secret, int64, float64, time.Duration, []string, []int64 or
// map[string]string. The error is an *Error that does not quote text.
func (k Known) Parse(text string) (any, error) {
	source := Source{Link: LinkEnvironment, Name: k.Environment}
	n, err := textNode(text, source, &entry{leaf: &k, path: k.Path})
	if err != nil {
		return nil, err
	}
	value, why := decode(&k, n)
	if why != "" {
		return nil, wrongValue(&k, n, why)
	}
	return value, nil
}
