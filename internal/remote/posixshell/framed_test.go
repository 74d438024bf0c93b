package posixshell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// puppet is a process whose output is given as a function of the nonce.
type puppet struct {
	output string
	code   int
	stdout io.Reader
	stderr io.Reader
	stdin  bytes.Buffer
}

func (p *puppet) start(_ context.Context, line string) (process.Process, error) {
	_, rest, _ := strings.Cut(line, "' es '")
	nonce, _, _ := strings.Cut(rest, "'")
	p.stderr = strings.NewReader("SECRETS of the host")
	p.stdout = strings.NewReader(strings.ReplaceAll(p.output, "NONCE", nonce))
	return p, nil
}

func (p *puppet) Stdin() io.WriteCloser          { return p }
func (p *puppet) Write(data []byte) (int, error) { return p.stdin.Write(data) }
func (p *puppet) Close() error                   { return nil }
func (p *puppet) Stdout() io.Reader              { return p.stdout }
func (p *puppet) Stderr() io.Reader              { return p.stderr }
func (p *puppet) Wait() (int, error)             { return p.code, nil }
func (p *puppet) Kill()                          {}

const (
	greeting = "NONCE hello 1 1000 cksum /home/u\n"
	missing  = "NONCE file none\nNONCE path /home/u/f\nNONCE miss \n"
	ready    = "NONCE ready\n"
)

// TestTransact_outputOfTheHost is about what a host may answer. Only the whole of
// the expected output and status 0 are a success.
func TestTransact_outputOfTheHost(t *testing.T) {
	t.Parallel()
	isLost := func(sent bool) func(error) bool {
		return func(err error) bool {
			var lost *files.LostError
			return errors.As(err, &lost) && lost.Sent == sent
		}
	}
	reason := func(want files.Reason, step string) func(error) bool {
		return func(err error) bool {
			var refused *files.Error
			return errors.As(err, &refused) && refused.Reason == want && refused.Step == step
		}
	}
	plain := func(text string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
	}
	var busy *files.BusyError
	var conflict *files.ConflictError
	for name, test := range map[string]struct {
		output string
		code   int
		check  func(error) bool
		sends  bool
	}{
		"done":                     {greeting + missing + ready + "NONCE done 1 0\nNONCE bye\n", 0, func(err error) bool { return err == nil }, true},
		"noise in between":         {"motd\n\n" + greeting + "noise\n" + missing + "x" + "\n" + ready + "y\nNONCE done 1 0\nNONCE bye\n", 0, func(err error) bool { return err == nil }, true},
		"status 1 at the end":      {greeting + missing + ready + "NONCE done 1 0\nNONCE bye\n", 1, isLost(true), true},
		"no bye":                   {greeting + missing + ready + "NONCE done 1 0\n", 0, isLost(true), true},
		"more after bye":           {greeting + missing + ready + "NONCE done 1 0\nNONCE bye\nNONCE bye\n", 0, plain("more output"), true},
		"nothing after sending":    {greeting + missing + ready, 0, isLost(true), true},
		"nobody there":             {"", 127, func(err error) bool { return errors.Is(err, ErrNoShell) }, false},
		"a sentence":               {"This account is currently not available.\n", 1, func(err error) bool { return errors.Is(err, ErrNoShell) }, false},
		"an SFTP server":           {"\x00\x00\x00\x05\x02\x00\x00\x00\x03", 0, func(err error) bool { return errors.Is(err, ErrNoShell) }, false},
		"locked out":               {greeting, 143, func(err error) bool { return errors.As(err, &busy) }, false},
		"locked out later":         {greeting + missing, 143, func(err error) bool { return errors.As(err, &busy) }, false},
		"another version":          {"NONCE hello 2 0 cksum /\n", 0, plain("unexpected greeting"), false},
		"no number":                {"NONCE hello 1 root cksum /\n", 0, plain("id -u prints no number"), false},
		"no checksum":              {"NONCE hello 1 0 none /root\n" + missing + ready, 0, reason(files.OtherFailure, "compare"), false},
		"states in another order":  {greeting + "NONCE path /x\n", 0, plain(`"path" where "file" was expected`), false},
		"not ready":                {greeting + missing + "NONCE bye\n", 0, plain(`"bye" where "ready" was expected`), false},
		"ls without an owner":      {greeting + "NONCE file file\nNONCE path /f\nNONCE miss \nNONCE num -rw-\nNONCE nam -rw-\n", 0, plain("does not print what POSIX says"), false},
		"changed meanwhile":        {greeting + missing + ready + "NONCE stale 1\n", 1, func(err error) bool { return errors.As(err, &conflict) && conflict.Path == "~/f" }, true},
		"no space":                 {greeting + missing + ready + "NONCE fail 1 write\ndd: SECRETS: No space left on device\nNONCE end\n", 1, reason(files.NoSpace, "write"), true},
		"failure, cut":             {greeting + missing + ready + "NONCE fail 1 write\ndd: No space", 1, isLost(true), true},
		"another file's result":    {greeting + missing + ready + "NONCE done 2 0\n", 0, plain("unexpected"), true},
		"a result that is none":    {greeting + missing + ready + "NONCE well\n", 0, plain("unexpected"), true},
		"a number that is none":    {greeting + missing + ready + "NONCE done 1 many\n", 0, plain("unexpected"), true},
		"more noise than is read":  {strings.Repeat("noise without end\n", 70000), 0, plain("more than 1 MiB"), false},
		"content without its end":  {greeting + "NONCE file file\nNONCE path /f\nNONCE miss \nNONCE num -rw------- 1 0 0 3 x\nNONCE nam -rw------- 1 r r 3 x\nNONCE data\nabc", 1, func(err error) bool { return errors.As(err, &busy) }, false},
		"content that is not read": {greeting + "NONCE file file\nNONCE path /f\nNONCE miss \nNONCE num -rw------- 1 0 0 3 x\nNONCE nam -rw------- 1 r r 3 x\nNONCE data\nabc\nNONCE end 1\n" + ready, 0, reason(files.IOFailure, "read"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &puppet{output: test.output, code: test.code}
			report, err := Transact(context.Background(), p.start, nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith("the new content")})
			if !test.check(err) {
				t.Errorf("error = %T %v", err, err)
			}
			if sent := strings.Contains(p.stdin.String(), "the new content"); sent != test.sends {
				t.Errorf("content sent: %t, want %t", sent, test.sends)
			}
			if err != nil && strings.Contains(err.Error(), "SECRETS") {
				t.Errorf("the error quotes the host: %v", err)
			}
			if done := err == nil && report.Results[0].Outcome == files.Written; done != test.check(nil) {
				t.Errorf("results %+v", report.Results)
			}
		})
	}
}

// TestTransact_payload compares what is sent, to the byte.
func TestTransact_payload(t *testing.T) {
	t.Parallel()
	p := &puppet{output: greeting +
		"NONCE file file\nNONCE path /a\nNONCE miss \nNONCE num -rw-r----- 1 1001 50 3 Jan 1 00:00 /a\nNONCE nam -rw-r----- 1 bob staff 3 Jan 1 00:00 /a\nNONCE data\nabc\nNONCE end 0\n" +
		"NONCE file none\nNONCE path /home/u/b/c/d\nNONCE miss b/c\n" +
		"NONCE file file\nNONCE path /x/e\nNONCE miss \nNONCE num -rw------- 1 1000 1000 0 Jan 1 00:00 /x/e\nNONCE nam -rw------- 1 u u 0 Jan 1 00:00 /x/e\nNONCE data\n\nNONCE end 0\n" +
		ready + "NONCE done 1 0\nNONCE done 2 0\nNONCE done 3 1\nNONCE bye\n"}
	report, err := Transact(context.Background(), p.start, nil, files.Request{Paths: []string{"/a", "~/b/c/d", "/x/e"}, Edit: func(states []files.State) ([]files.Change, error) {
		if states[0].Owner != "bob" || states[0].Group != "staff" || string(states[0].Content) != "abc" || len(states[1].MissingDirs) != 2 || !states[2].Exists {
			t.Errorf("states %+v", states)
		}
		return []files.Change{
			{Path: "/a", Content: []byte("x\ny")}, {Path: "~/b/c/d", Content: nil, Mode: 0o640, Owner: "carol"}, {Path: "/x/e", Delete: true, RemoveDirs: []string{"/x"}},
		}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	nonce := p.stdin.String()[1:33]
	want := "\nNONCE go\n1 w 640 1001:50 " + cksum([]byte("abc")) + " -rw-r-----,1001,50 3\nx\ny\n2 w 640 carol none - 0\n\n3 d 1 - " +
		cksum(nil) + " -rw-------,1000,1000 0\nNONCE end\n"
	if got := strings.ReplaceAll(p.stdin.String(), nonce, "NONCE"); got != want {
		t.Errorf("sent\n%q\nwant\n%q", got, want)
	}
	if dirs := report.Results[1].CreatedDirs; len(dirs) != 2 || dirs[0] != "~/b" || report.Results[2].RemovedDirs[0] != "/x" {
		t.Errorf("results %+v", report.Results)
	}
}

// FuzzTransact_output lets a host answer anything: the exchange must end, and must
// not take for written what was never sent.
func FuzzTransact_output(f *testing.F) {
	f.Add(greeting+missing+ready+"NONCE done 1 0\nNONCE bye\n", 0)
	f.Add(greeting+missing+ready+"NONCE fail 1 rename\nbusy\nNONCE end\n", 1)
	f.Add("NONCE hello 1 0 sha256sum \n"+missing+ready+"NONCE stale 1\n", 1)
	f.Fuzz(func(t *testing.T, output string, code int) {
		p := &puppet{output: output, code: code}
		report, err := Transact(context.Background(), p.start, nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith("the new content")})
		sent := strings.Contains(p.stdin.String(), "the new content")
		if err == nil && code != 0 {
			t.Error("success with another status than 0")
		}
		if len(report.Results) > 0 && report.Results[0].Outcome == files.Written && !sent {
			t.Error("written without having been sent")
		}
	})
}
