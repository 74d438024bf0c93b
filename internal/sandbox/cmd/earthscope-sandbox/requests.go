package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
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
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return fmt.Errorf("encode the report: %w", err)
		}
		p.printf("%s\n", text)
	} else {
		p.printf("%s", formatReport(report))
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

// formatReport returns two tables and a sum.
func formatReport(report identity.Report) string {
	lines := map[line]int{}
	for _, request := range report.Log {
		lines[line{request.Endpoint, shortGrant(request.GrantType), request.Outcome}]++
	}
	var text strings.Builder
	text.WriteString("ENDPOINT\tGRANT TYPE\tOUTCOME\tREQUESTS\n")
	for _, row := range slices.SortedFunc(maps.Keys(lines), compareLines) {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%d\n", row.endpoint, row.grant, row.outcome, lines[row])
	}
	fmt.Fprintf(&text, "total\t\t\t%d\n", report.Counts.Total)
	if uses := report.Counts.RefreshTokens; len(uses) > 0 {
		text.WriteString("\nREFRESH TOKEN\tSENT\tGRANTED\tREFUSED\n")
		for _, fingerprint := range slices.Sorted(maps.Keys(uses)) {
			use := uses[fingerprint]
			fmt.Fprintf(&text, "%s\t%d\t%d\t%d\n", fingerprint, use.Sent, use.Granted, use.Refused)
		}
	}
	spent := "none"
	if len(report.SpentTwice) > 0 {
		spent = strings.Join(report.SpentTwice, ", ")
	}
	return aligned(text.String()) + fmt.Sprintf("\nToken requests: %d. Refresh tokens spent twice: %s.\n",
		report.Counts.TokenRequests(), spent)
}

// aligned turns tabs into columns.
func aligned(text string) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	_, _ = table.Write([]byte(text)) // memory does not fail
	_ = table.Flush()
	return out.String()
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
