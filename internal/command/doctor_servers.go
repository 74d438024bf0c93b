package command

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"sort"
	"strings"
	"time"
)

// examineServers asks both servers for a page that needs no credential. Any
// answer means that they can be reached.
func (d *doctor) examineServers(ctx context.Context) {
	d.line("\nNetwork")
	if names := proxyVariables(d.Environ); len(names) > 0 {
		d.line("  proxy variables that are set: %s", strings.Join(names, ", "))
	}
	client, err := d.httpClient()
	if err != nil {
		d.bad("%v", err)
		return
	}
	if date, ok := d.reach(ctx, client, "identity server", d.settings.OAuth2.Domain+".well-known/openid-configuration"); ok {
		d.compareClocks(date)
	}
	d.reach(ctx, client, "API", d.settings.Resources.APIURL)
}

// reachTimeout bounds one look at a server.
const reachTimeout = 10 * time.Second

// reach returns the server's clock, zero where it does not tell.
func (d *doctor) reach(ctx context.Context, client *http.Client, what, address string) (date time.Time, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		d.bad("%s: its address can't be used", what)
		return time.Time{}, false
	}
	host := request.URL.Host
	request.Header.Set("User-Agent", d.userAgent())
	response, err := client.Do(request)
	if err != nil {
		d.bad("%s at %s: not reached (%s). Check the network, HTTPS_PROXY, NO_PROXY and ca_cert_file.", what, host, reason(err))
		return time.Time{}, false
	}
	_ = response.Body.Close()
	d.line("  %s at %s: reached (status %d)", what, host, response.StatusCode)
	date, _ = http.ParseTime(response.Header.Get("Date"))
	return date, true
}

// reason is a transport error without the address, which may hold a password.
func reason(err error) string {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the client returns exactly this type
		err = wrapped.Err
	}
	return err.Error()
}

// clockTolerance is how far two clocks may differ.
const clockTolerance = 30 * time.Second

func (d *doctor) compareClocks(server time.Time) {
	if server.IsZero() {
		d.line("  clock: the identity server does not tell its time")
		return
	}
	off := d.Now().Sub(server).Round(time.Second)
	switch {
	case off > clockTolerance:
		d.bad("clock: %v ahead of the identity server's; set it (timedatectl set-ntp true)", off)
	case off < -clockTolerance:
		d.bad("clock: %v behind the identity server's; set it (timedatectl set-ntp true)", -off)
	default:
		d.line("  clock: agrees with the identity server's")
	}
}

// proxyVariables names the proxy variables that are set; their values may hold
// passwords.
func proxyVariables(environ []string) []string {
	var names []string
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		switch strings.ToUpper(name) {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
			if value != "" {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	return names
}

// onWindows says that permissions are not in the mode of a file.
const onWindows = runtime.GOOS == "windows"
