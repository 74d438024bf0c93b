package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

const requestsIntroduction = `Usage: earthscope-sandbox requests [flags]

Prints what a running sandbox was asked: how many requests of each kind, how they
ended, and how often each refresh token was sent. Tokens are named by
fingerprint.
`

func (p *program) requests(ctx context.Context, arguments []string) error {
	var at target
	var asJSON, reset bool
	flags := flag.NewFlagSet("requests", flag.ContinueOnError)
	at.register(flags)
	flags.BoolVar(&asJSON, "json", false, "print JSON, with the log of single requests")
	flags.BoolVar(&reset, "reset", false, "forget all requests after printing them")
	if err := p.parse(flags, requestsIntroduction, arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usagef("unexpected argument %q", flags.Arg(0))
	}
	control, err := at.control(p)
	if err != nil {
		return err
	}
	report, err := control.Report(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	} else if err := printReport(p.stdout, report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if reset {
		return control.Do(ctx, "POST", "reset", nil, nil)
	}
	return nil
}

// line is a row of the first table.
type line struct {
	endpoint identity.Endpoint
	grant    string
	outcome  identity.Outcome
}

// printReport writes two tables and a sum.
func printReport(w io.Writer, report identity.Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	lines := map[line]int{}
	for _, request := range report.Log {
		lines[line{request.Endpoint, shortGrant(request.GrantType), request.Outcome}]++
	}
	fmt.Fprint(table, "ENDPOINT\tGRANT TYPE\tOUTCOME\tREQUESTS\n")
	for _, row := range slices.SortedFunc(maps.Keys(lines), compareLines) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\n", row.endpoint, row.grant, row.outcome, lines[row])
	}
	fmt.Fprintf(table, "total\t\t\t%d\n", report.Counts.Total)
	if uses := report.Counts.RefreshTokens; len(uses) > 0 {
		fmt.Fprint(table, "\nREFRESH TOKEN\tSENT\tGRANTED\tREFUSED\n")
		for _, fingerprint := range slices.Sorted(maps.Keys(uses)) {
			use := uses[fingerprint]
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", fingerprint, use.Sent, use.Granted, use.Refused)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	spent := "none"
	if len(report.SpentTwice) > 0 {
		spent = strings.Join(report.SpentTwice, ", ")
	}
	_, err := fmt.Fprintf(w, "\nToken requests: %d. Refresh tokens spent twice: %s.\n",
		report.Counts.TokenRequests(), spent)
	return err
}

func compareLines(a, b line) int {
	return strings.Compare(
		string(a.endpoint)+"\x00"+a.grant+"\x00"+string(a.outcome),
		string(b.endpoint)+"\x00"+b.grant+"\x00"+string(b.outcome))
}

// shortGrant leaves only the last part of a grant type that is a URN.
func shortGrant(grantType string) string {
	if grantType == "" {
		return "-"
	}
	return grantType[strings.LastIndex(grantType, ":")+1:]
}
