package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
)

const controlIntroduction = `Usage: earthscope-sandbox control [flags] [METHOD] NAME

Sends one request to a running sandbox's control API (URL/sandbox/NAME) and
prints the JSON that comes back. METHOD is POST unless given. The request's JSON
object, if it has one, is read from standard input with --stdin. Names:

  GET status       settings, clock, device logins that wait
  GET requests     counts and log of requests
  reset            forget the requests
  login            {"user":{"subject":…},"client_id","audience","scope"}
  approve          {"user_code"}; also deny, expire
  revoke           {"refresh_token"}
  block            {"subject"}; also unblock
  clients          {"client_id","client_secret"}: a machine-to-machine client
  clock            {"advance":"1h"}
  settings         {"rotating","leeway","access_token_lifetime","auto_approve"}
  rate-limit       {"limit":10,"window":"1m"}; limit 0 switches it off
  faults           {"kind","endpoint","grant_type","times","after","status","body",
                    "redirect_to","skew","retry_after"}; kinds: drop, status, slow,
                    html, malformed_json, empty, error_as_success, redirect,
                    rate_limit, truncate, no_access_token, opaque_token,
                    null_refresh, skewed_date
  DELETE faults    forget the faults that have not struck yet
  release          let requests go on that a slow fault holds
`

func (p *program) control(ctx context.Context, arguments []string) error {
	var at target
	var withInput bool
	flags := flag.NewFlagSet("control", flag.ContinueOnError)
	at.register(flags)
	flags.BoolVar(&withInput, "stdin", false, "read the request's JSON object from standard input")
	if err := p.parse(flags, controlIntroduction, arguments); err != nil {
		return err
	}
	method, name := "POST", flags.Arg(0)
	switch flags.NArg() {
	case 1:
	case 2:
		method, name = flags.Arg(0), flags.Arg(1)
	default:
		return usagef("give the name of one request")
	}
	var in any
	if withInput {
		text, err := io.ReadAll(io.LimitReader(p.stdin, maxAnswer))
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
		if !json.Valid(text) {
			return usagef("standard input is not JSON")
		}
		in = json.RawMessage(text)
	}
	control, err := at.control(p)
	if err != nil {
		return err
	}
	var out json.RawMessage
	if err := control.Do(ctx, method, name, in, &out); err != nil {
		return err
	}
	if len(out) > 0 {
		p.printf("%s\n", out)
	}
	return nil
}
