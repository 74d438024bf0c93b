// Package interop_test runs this module's token engine against the real
// earthscope-sdk and earthscope-cli, in both directions: what one writes the
// other reads, and both work on one home at once. The identity server is the
// sandbox, which counts every request.
package interop_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// TestMain lets this test binary also be a process of ours: one that gets an
// access token as the provider does, and the one that finishes its refresh.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case "get-token":
			os.Exit(report(getToken()))
		case "finish-refresh":
			os.Exit(report(session.FinishRefresh(context.Background(), os.Stdin, os.Stdout, os.Environ())))
		}
	}
	os.Exit(m.Run())
}

func report(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// getToken prints the access token to standard output, which only a test reads.
func getToken() error {
	loaded, _, err := settings.Load(settings.Request{Environ: os.Environ()})
	if err != nil {
		return err
	}
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	opened, err := session.New(session.Options{
		Settings: loaded, Persist: true, Environ: os.Environ(), Detach: []string{executable, "finish-refresh"},
	})
	if err != nil {
		return err
	}
	token, err := opened.Token(context.Background(), 0)
	if err == nil {
		fmt.Println(token.AccessToken.Reveal())
	}
	return err
}
