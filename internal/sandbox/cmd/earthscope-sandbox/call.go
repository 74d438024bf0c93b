package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// errRefused says that the API did not accept the call.
var errRefused = errors.New("the API refused the call")

const maxAnswer = 1 << 20

const callIntroduction = `Usage: earthscope-sandbox call (--token-file PATH | --token-env NAME) [flags] [API-PATH]

Calls the API of a running sandbox with an access token and prints what came
back. API-PATH is beta/data/hello unless given; beta/user/profile works too. The
token is read from a file (the bare token, or a tokens.json) or an environment
variable, never from the command line, where every user of a machine can see it.
`

func (p *program) call(ctx context.Context, arguments []string) error {
	var at target
	var tokenFile, tokenEnv string
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	at.register(flags)
	flags.StringVar(&tokenFile, "token-file", "", "`PATH` of a file with the access token; - is standard input")
	flags.StringVar(&tokenEnv, "token-env", "", "`NAME` of an environment variable with the access token")
	if err := p.parse(flags, callIntroduction, arguments); err != nil {
		return err
	}
	path := "beta/data/hello"
	switch {
	case flags.NArg() == 1:
		path = strings.TrimPrefix(flags.Arg(0), "/")
	case flags.NArg() > 1:
		return usagef("unexpected argument %q", flags.Arg(1))
	}
	token, err := p.accessToken(tokenFile, tokenEnv)
	if err != nil {
		return err
	}
	address, err := at.address(p)
	if err != nil {
		return err
	}
	client, err := at.client()
	if err != nil {
		return err
	}
	return p.get(ctx, client, strings.TrimSuffix(address, "/")+"/"+path, token)
}

// accessToken reads the token from the one place that was named.
func (p *program) accessToken(file, variable string) (string, error) {
	if (file == "") == (variable == "") {
		return "", usagef("give either --token-file or --token-env")
	}
	text := p.env(variable)
	if file != "" {
		content, err := p.readFile(file)
		if err != nil {
			return "", fmt.Errorf("read the access token: %w", err)
		}
		text = string(content)
	}
	var document struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal([]byte(text), &document) == nil {
		text = document.AccessToken
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, " \t\r\n") {
		return "", errors.New("read the access token: there is none, or more than one line")
	}
	return text, nil
}

func (p *program) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(p.stdin, maxAnswer))
	}
	return os.ReadFile(path)
}

// get prints the body of a successful answer; a refusal's goes into the error.
func (p *program) get(ctx context.Context, client *http.Client, address, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("call the API: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("call the API: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the API's answer: %w", err)
	}
	text := strings.TrimRight(string(body), "\n")
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %w with status %d: %s", address, errRefused, response.StatusCode, text)
	}
	p.printf("%s\n", text)
	return nil
}
