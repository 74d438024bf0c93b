package command

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func credentialProcessCommand() command {
	return command{
		name: "credential-process", arguments: "--role ROLE [--network FDSN:XX] [--year YEAR] [--profile NAME]",
		summary: "print AWS credentials for credential_process of ~/.aws/config",
		help: "Prints temporary AWS credentials as JSON, for AWS tools to fetch again when they expire. In ~/.aws/config:\n\n" +
			"    [profile earthscope]\n    credential_process = terraform-provider-earthscope credential-process --role s3-miniseed-v2 --network FDSN:IU",
		flags: func(set *flag.FlagSet) func(context.Context, *run) error {
			wanted := &credentialsWanted{parameters: map[string]string{}}
			set.StringVar(&wanted.role, "role", "", "`name` of the AWS role, such as s3-miniseed-v2")
			set.StringVar(&wanted.network, "network", "", "`network` that the credentials are for, such as FDSN:IU")
			set.IntVar(&wanted.year, "year", 0, "`year` that the credentials are for; temporary networks need it")
			set.Func("parameter", "further `NAME=VALUE` for the API; may be repeated", wanted.addParameter)
			return func(ctx context.Context, r *run) error { return r.credentialProcess(ctx, wanted) }
		},
	}
}

// credentialsWanted are the flags of the command.
type credentialsWanted struct {
	role, network string
	year          int
	parameters    map[string]string
}

func (w *credentialsWanted) addParameter(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" || name == "network" || name == "year" {
		return fmt.Errorf("write NAME=VALUE; network and year have flags of their own")
	}
	w.parameters[name] = value
	return nil
}

// request checks the flags as the data source does.
func (w *credentialsWanted) request() (api.CredentialsRequest, error) {
	if w.role == "" {
		return api.CredentialsRequest{}, usage("--role is missing")
	}
	request := api.CredentialsRequest{Role: w.role, Parameters: w.parameters}
	if w.network != "" {
		code, err := api.ParseNetwork(w.network)
		if err != nil {
			return request, usage("--network: %v", err)
		}
		if api.IsTemporaryNetwork(code) && w.year == 0 {
			return request, usage("%s is a temporary network, whose code is used again: add --year", w.network)
		}
		request.Parameters["network"] = w.network
	}
	if w.year != 0 {
		request.Parameters["year"] = strconv.Itoa(w.year)
	}
	return request, nil
}

// processOutput is what AWS tools expect of a credential_process (AWS CLI user
// guide, "Sourcing credentials with an external process").
type processOutput struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

func (r *run) credentialProcess(ctx context.Context, wanted *credentialsWanted) error {
	request, err := wanted.request()
	if err != nil {
		return err
	}
	s, err := r.open()
	if err != nil {
		return err
	}
	client, err := r.httpClient()
	if err != nil {
		return err
	}
	credentials, err := api.New(api.Options{
		APIURL: r.settings.Resources.APIURL, AllowedHosts: r.settings.OAuth2.AllowedHosts, Retry: r.settings.HTTP.Retry,
		UserAgent: r.userAgent(), ExtraHeaders: r.settings.HTTP.ExtraHeaders, Tokens: s, HTTPClient: client, Now: r.Now, Sleep: r.Sleep,
	}).AWSCredentials(ctx, request, 0)
	r.tell(s.Notices())
	if err != nil {
		return err
	}
	output, err := json.MarshalIndent(processOutput{
		Version: 1, AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey.Reveal(),
		SessionToken: credentials.SessionToken.Reveal(), Expiration: credentials.Expiration.UTC().Format(time.RFC3339),
	}, "", "  ")
	if err != nil {
		return err
	}
	return r.print("%s", output)
}

// connectTimeout is the least time for a connection, as in the provider.
const connectTimeout = 10 * time.Second

func (r *run) httpClient() (*http.Client, error) {
	if r.HTTPClient != nil {
		return r.HTTPClient, nil
	}
	return session.NewHTTPClient(session.TransportOptions{
		CAFile: r.caFile, Environ: r.Environ, ConnectTimeout: max(r.settings.HTTP.TimeoutConnect, connectTimeout),
	})
}
