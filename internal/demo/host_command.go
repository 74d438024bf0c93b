package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// standIn is the argument that turns this program into what the hosts of the
// demo have for the EarthScope CLI, which needs Python. It does what "es user
// get-profile" does: take the settings from the files and the environment of
// the host, refresh where there is no access token, save the answer, and ask
// the API. That the real SDK and CLI work on such hosts is in test/interop.
const standIn = "stand-in-for-es"

// hostTool is the script "es" of the hosts.
func hostTool() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return fmt.Sprintf("#!/bin/sh\nexec '%s' %s \"$@\"\n", strings.ReplaceAll(self, "'", `'\''`), standIn), nil
}

// getProfile is the stand-in. It prints the user's name.
func getProfile(ctx context.Context, arguments, environ []string, stdout io.Writer) error {
	if strings.Join(arguments, " ") != "user get-profile" {
		return fmt.Errorf("this stand-in knows \"es user get-profile\" only, not %q", arguments)
	}
	loaded, _, err := settings.Load(settings.Request{Environ: environ})
	if err != nil {
		return err
	}
	access := loaded.OAuth2.AccessToken.Reveal()
	if access == "" {
		if access, err = refresh(ctx, loaded); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, loaded.Resources.APIURL+"beta/user/profile", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+access)
	var profile struct {
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
	}
	if err := exchange(request, &profile); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, profile.FirstName, profile.LastName)
	return err
}

// refresh spends the host's refresh token and saves the answer where the SDK
// does: in tokens.json of the profile.
func refresh(ctx context.Context, loaded *settings.Settings) (string, error) {
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {loaded.OAuth2.ClientID}, "refresh_token": {loaded.OAuth2.RefreshToken.Reveal()},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, loaded.OAuth2.Domain+"oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := exchange(request, &answer); err != nil {
		return "", err
	}
	saved := settings.FormatTokens(settings.Tokens{
		AccessToken: settings.NewSecret(answer.AccessToken), RefreshToken: settings.NewSecret(answer.RefreshToken),
	})
	folder := filepath.Dir(loaded.Paths.TokensFile)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return answer.AccessToken, os.WriteFile(loaded.Paths.TokensFile, saved, 0o600)
}

// exchange sends a request and decodes the answer, which no error quotes.
func exchange(request *http.Request, into any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return errors.New(request.URL.Path + ": no answer")
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", request.URL.Path, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(into); err != nil {
		return errors.New(request.URL.Path + ": the answer is not JSON")
	}
	return nil
}
