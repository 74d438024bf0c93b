package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun_hostsCanBeReachedUntilStopped(t *testing.T) {
	t.Parallel()
	client, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
			t.Fatal("ssh is missing; install the package openssh-client")
		}
		t.Skip("SKIPPED, NOT TESTED: ssh is missing; install the package openssh-client")
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	result := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"--hosts", "1", "--rtt", "20ms"}, writer)
		_ = writer.Close()
		result <- err
	}()
	var output bytes.Buffer
	config := ""
	for !strings.Contains(output.String(), "node1.sandbox.test\nssh -F") && !strings.HasSuffix(output.String(), " node1.sandbox.test\n") {
		buffer := make([]byte, 4096)
		count, err := reader.Read(buffer)
		if err != nil {
			t.Fatalf("it ended early: %v\n%s", err, output.String())
		}
		output.Write(buffer[:count])
	}
	for line := range strings.Lines(output.String()) {
		if path, found := strings.CutPrefix(line, "ssh_config "); found {
			config = strings.TrimSpace(path)
		}
	}
	answer, err := exec.CommandContext(t.Context(), client, "-F", config, "node1", "echo here").CombinedOutput()
	if err != nil || string(answer) != "here\n" {
		t.Errorf("ssh printed %q (%v), want %q", answer, err, "here\n")
	}
	stop()
	rest, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("run: %v", err)
	}
	for _, want := range []string{
		"bastion1.sandbox.test: 1 connections, 1 logins, 0 sessions, 1 forwarded",
		"node1.sandbox.test: 1 connections, 1 logins, 1 sessions, 0 forwarded",
	} {
		if !strings.Contains(string(rest), want) {
			t.Errorf("summary lacks %q:\n%s", want, rest)
		}
	}
	if _, err := os.Stat(filepath.Dir(config)); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestParse_refusesNonsense(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{{"extra"}, {"--hosts", "-1"}, {"--rtt", "-1s"}, {"--unknown"}} {
		if _, err := parse(arguments, io.Discard); err == nil {
			t.Errorf("%v was accepted", arguments)
		}
	}
	if _, err := parse([]string{"--help"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help gave %v", err)
	}
}
