package provider

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// newAPI makes the client of EarthScope's API for a profile.
func (c *client) newAPI(loaded *settings.Settings, tokens api.TokenSource) (*api.Client, error) {
	httpClient := c.dependencies.HTTPClient
	if httpClient == nil {
		var err error
		httpClient, err = session.NewHTTPClient(session.TransportOptions{
			CAFile: c.block.caFile, Environ: c.dependencies.Environ, ConnectTimeout: max(loaded.HTTP.TimeoutConnect, connectTimeout),
		})
		if err != nil {
			return nil, err
		}
	}
	retry := loaded.HTTP.Retry
	if c.block.maxRetries != nil {
		retry.Attempts = *c.block.maxRetries + 1
	}
	return api.New(api.Options{
		APIURL: loaded.Resources.APIURL, AllowedHosts: loaded.OAuth2.AllowedHosts, Retry: retry, RequestTimeout: c.block.requestTimeout,
		UserAgent: c.userAgent(loaded.HTTP.UserAgent), ExtraHeaders: loaded.HTTP.ExtraHeaders,
		Tokens: tokens, HTTPClient: httpClient, Log: slog.New(&logHandler{subsystem: apiLog}), Now: c.dependencies.Now,
	}), nil
}

// connectTimeout is the least time for a connection, as for the identity
// server: the SDK's 5 seconds are short for a proxy far away.
const connectTimeout = 10 * time.Second

// unknownForAPI is unknown for objects that ask the API.
func (c *client) unknownForAPI(ctx context.Context, profile string) []string {
	names := c.unknown(ctx, profile)
	if c.block.apiURLUnknown {
		names = append(names, "api_url")
	}
	return names
}

// askAPI calls ask with the API of the profile. It reports false with the
// reason in diagnostics; the session's notices become warnings either way.
func (c *client) askAPI(
	ctx context.Context, r request, diagnostics *diag.Diagnostics, ask func(context.Context, *api.Client) error,
) (context.Context, bool) {
	ctx, p := c.use(ctx, r, diagnostics)
	if p == nil {
		return ctx, false
	}
	err := ask(ctx, p.api)
	for _, notice := range p.session.Notices() {
		c.tell(diagnostics, noticeDiagnostic(notice, r))
	}
	if err != nil {
		diagnostics.Append(apiDiagnostic(err, r))
		return ctx, false
	}
	return ctx, true
}

// apiDiagnostic words an error of the API, or of the session behind it.
func apiDiagnostic(err error, r request) diag.Diagnostic {
	var failure *api.Error
	if !errors.As(err, &failure) {
		return errorDiagnostic(err, r)
	}
	if failure.Role != "" && (failure.Kind == api.KindForbidden || failure.Kind == api.KindInvalidRequest) {
		return diag.NewAttributeErrorDiagnostic(path.Root("role"), failure.Summary, failure.Detail)
	}
	return diag.NewErrorDiagnostic(failure.Summary, failure.Detail)
}
