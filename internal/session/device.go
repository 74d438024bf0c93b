package session

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// DevicePrompt is what a person has to do to approve a login (RFC 8628 section
// 3.3). None of it is secret to the person who reads it.
type DevicePrompt struct {
	// URL is the page that asks for the code; CompleteURL the same page with
	// the code filled in, empty where the server gave none.
	URL, CompleteURL string
	UserCode         string
	// ExpiresAt is when the code ends, by this machine's clock.
	ExpiresAt time.Time
}

// The device flow's times (RFC 8628 section 3.5).
const (
	// defaultInterval holds where the server names none.
	defaultInterval = 5 * time.Second
	// slowDownStep is added to the interval at every slow_down.
	slowDownStep = 5 * time.Second
	// silenceLimit bounds the doubling of the interval while no answer comes.
	silenceLimit = 30 * time.Second
	// pollTimeout bounds one poll, so that a cancelled login does not wait long
	// for an answer that may hold tokens.
	pollTimeout = 10 * time.Second
)

const grantTypeDevice = "urn:ietf:params:oauth:grant-type:device_code"

// deviceCode is a started device authorization.
type deviceCode struct {
	code     settings.Secret
	prompt   DevicePrompt
	interval time.Duration
}

// startDevice asks for a device code with the SDK's form. Nothing is spent by
// it, so what can be repeated is, within the SDK's limits for retries.
func (r *refresher) startDevice(ctx context.Context, scope string) (deviceCode, error) {
	form := "client_id=" + url.QueryEscape(r.credential.identity.ClientID) + "&scope=" + url.QueryEscape(scope) +
		"&audience=" + url.QueryEscape(r.credential.audience)
	got, body, err := r.repeat(ctx, endpointAt(r.endpoint.tokenURL, "oauth/device/code"), contentTypeForm, form)
	if err != nil {
		return deviceCode{}, loginInterrupted(ctx)
	}
	if got.outcome != granted {
		return deviceCode{}, r.deviceRefused(got)
	}
	var fields struct {
		DeviceCode      string  `json:"device_code"`
		UserCode        string  `json:"user_code"`
		VerificationURI string  `json:"verification_uri"`
		Complete        string  `json:"verification_uri_complete"`
		ExpiresIn       float64 `json:"expires_in"`
		Interval        float64 `json:"interval"`
	}
	if json.Unmarshal(body, &fields) != nil || fields.DeviceCode == "" || fields.UserCode == "" || fields.ExpiresIn <= 0 {
		return deviceCode{}, r.noDeviceCode(got)
	}
	if !showable(fields.VerificationURI) || strings.ContainsFunc(fields.UserCode, unprintable) {
		return deviceCode{}, r.noDeviceCode(got)
	}
	code := deviceCode{
		code: settings.NewSecret(fields.DeviceCode), interval: seconds(fields.Interval),
		prompt: DevicePrompt{
			URL: fields.VerificationURI, UserCode: fields.UserCode, ExpiresAt: r.now().Add(seconds(fields.ExpiresIn)),
		},
	}
	if code.interval <= 0 {
		code.interval = defaultInterval
	}
	if showable(fields.Complete) {
		code.prompt.CompleteURL = fields.Complete
	}
	return code, nil
}

func seconds(n float64) time.Duration {
	const most = float64(24 * time.Hour / time.Second)
	return time.Duration(min(n, most) * float64(time.Second))
}

// showable reports whether a page can be shown to a person: a web address
// without characters that would do something to a terminal.
func showable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsFunc(address, unprintable)
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }

// awaitApproval polls until the person has decided or the code has expired.
// Whatever is no verdict (no network, a proxy's page, an overloaded server)
// ends nothing: the code stays good on the server, and the number of polls
// stays bounded by the code's life.
func (r *refresher) awaitApproval(ctx context.Context, code deviceCode, progress func(string)) (answer, error) {
	endpoint := r.endpoint
	endpoint.timeout = min(endpoint.timeout, pollTimeout)
	form := "grant_type=" + url.QueryEscape(grantTypeDevice) + "&device_code=" + url.QueryEscape(code.code.Reveal()) +
		"&client_id=" + url.QueryEscape(r.credential.identity.ClientID)
	wait, silent, lost := code.interval, 0, false
	for {
		if r.now().Add(wait).After(code.prompt.ExpiresAt) {
			return answer{}, r.deviceExpired(lost)
		}
		if r.sleep(ctx, wait) != nil || ctx.Err() != nil {
			return answer{}, loginInterrupted(ctx)
		}
		got := endpoint.post(ctx, form)
		r.log.DebugContext(ctx, "asked whether the login is approved", "status", got.status, "error", got.code)
		switch {
		case got.outcome == granted:
			return got, nil
		case got.code == "authorization_pending":
			wait, silent = code.interval, 0
		case got.code == "slow_down" || got.outcome == limited:
			code.interval += slowDownStep
			wait, silent = max(code.interval, r.untilReset(got)), 0
		case got.outcome == refused && got.code != "":
			return answer{}, r.deviceVerdict(got, lost)
		default:
			lost = lost || got.outcome == ambiguous
			silent++
			if silent == 1 {
				progress(r.stillTrying(got))
			}
			wait = min(wait*2, max(code.interval, silenceLimit))
		}
	}
}

// untilReset is how long a rate limit holds; a slow_down has none.
func (r *refresher) untilReset(got answer) time.Duration {
	if got.code == "slow_down" || got.limitedUntil.IsZero() {
		return 0
	}
	return got.limitedUntil.Sub(r.now())
}
