package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// A refresh that may replace the refresh token runs in a short-lived process
// of its own: killing Terraform, or closing the terminal, between the server's
// answer and the write would otherwise lose the only copy of the new token.
// The job travels over standard input and its result over standard output;
// nothing secret is in the arguments or the environment.

// job is what the process needs to know.
type job struct {
	Root      string        `json:"root"`
	Flow      Flow          `json:"flow"`
	Identity  Identity      `json:"identity"`
	Audience  string        `json:"audience"`
	Secret    string        `json:"secret"`
	Source    jobSource     `json:"source"`
	Setting   string        `json:"setting"`
	Profile   string        `json:"profile"`
	Threshold time.Duration `json:"threshold"`
	MinTTL    time.Duration `json:"min_ttl"`
	TokenURL  string        `json:"token_url"`
	Headers   http.Header   `json:"headers"`
	UserAgent string        `json:"user_agent"`
	Timeout   time.Duration `json:"timeout"`
	Connect   time.Duration `json:"connect"`
	CAFile    string        `json:"ca_file"`
	Retry     jobRetry      `json:"retry"`
}

type jobSource struct {
	Link settings.Link `json:"link"`
	Name string        `json:"name"`
	Key  string        `json:"key"`
}

type jobRetry struct {
	Attempts    int           `json:"attempts"`
	Timeout     time.Duration `json:"timeout"`
	WaitInitial time.Duration `json:"wait_initial"`
	WaitMax     time.Duration `json:"wait_max"`
	WaitJitter  time.Duration `json:"wait_jitter"`
	WaitExpBase float64       `json:"wait_exp_base"`
}

// result is what comes back.
type result struct {
	Record   json.RawMessage `json:"record,omitempty"`
	Notices  []resultMessage `json:"notices,omitempty"`
	Error    *resultMessage  `json:"error,omitempty"`
	ReadOnly string          `json:"read_only,omitempty"`
	Log      []logLine       `json:"log,omitempty"`
}

type resultMessage struct {
	Kind    Kind   `json:"kind"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	Setting string `json:"setting,omitempty"`
}

// mayDetach reports whether the next refresh is worth a process of its own.
func (s *Session) mayDetach(known Entry) bool {
	_, onDisk := s.refresher.store.(*FileStore)
	return onDisk && len(s.options.Detach) > 0 && s.credential.flow == FlowRefreshToken && known.Rotation != RotationNotSeen
}

func (s *Session) job(n need) job {
	r, c := s.refresher, s.credential
	store, _ := r.store.(*FileStore)
	return job{
		Root: store.root, Flow: c.flow, Identity: c.identity, Audience: c.audience, Secret: c.secret.Reveal(),
		Source: jobSource(c.source), Setting: c.setting, Profile: c.profile, Threshold: n.threshold, MinTTL: n.minTTL,
		TokenURL: r.endpoint.tokenURL, Headers: r.endpoint.headers, UserAgent: r.endpoint.userAgent, Timeout: r.endpoint.timeout,
		Connect: max(s.options.Settings.HTTP.TimeoutConnect, 10*time.Second), CAFile: s.options.CAFile,
		Retry: jobRetry{
			Attempts: r.retry.Attempts, Timeout: r.retry.Timeout, WaitInitial: r.retry.WaitInitial,
			WaitMax: r.retry.WaitMax, WaitJitter: r.retry.WaitJitter, WaitExpBase: r.retry.WaitExpBase,
		},
	}
}

// renewDetached is refresher.renew in a process of its own. When ctx ends, the
// process finishes alone and saves what it gets.
func (s *Session) renewDetached(ctx context.Context, known Entry, n need) (Entry, []Notice, error) {
	input, err := json.Marshal(s.job(n))
	if err != nil {
		return Entry{}, nil, helperError(err)
	}
	command := exec.Command(s.options.Detach[0], s.options.Detach[1:]...) //nolint:gosec,noctx // our own binary; it must outlive ctx
	command.Env = helperEnvironment(s.options.Environ)
	command.Stdin = bytes.NewReader(input)
	var output bytes.Buffer
	command.Stdout = &output
	detach(command)
	if err := command.Start(); err != nil {
		s.options.Log.WarnContext(ctx, "no process of its own for the refresh; refreshing in this one", "error", err.Error())
		entry, err := s.refresher.renew(ctx, n)
		return entry, s.refresher.drain(), err
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			return Entry{}, nil, s.helperEnded(ctx, known, command.ProcessState.ExitCode() == refusedJob, err)
		}
		return s.readResult(ctx, output.Bytes())
	case <-ctx.Done():
		return Entry{}, nil, leftAlone(ctx)
	}
}

func (s *Session) readResult(ctx context.Context, data []byte) (Entry, []Notice, error) {
	var r result
	if err := json.Unmarshal(data, &r); err != nil {
		return Entry{}, nil, helperError(fmt.Errorf("its answer was not understood"))
	}
	for _, line := range r.Log {
		s.options.Log.Log(ctx, line.Level, line.Message, line.arguments()...)
	}
	var notices []Notice
	for _, n := range r.Notices {
		notices = append(notices, Notice{Kind: n.Kind, Summary: n.Summary, Detail: n.Detail, Source: s.credential.source})
	}
	switch {
	case r.ReadOnly != "":
		return Entry{}, notices, fmt.Errorf("%w: %s", ErrReadOnly, r.ReadOnly)
	case r.Error != nil:
		return Entry{}, notices, &Error{
			Kind: r.Error.Kind, Summary: r.Error.Summary, Detail: r.Error.Detail, Setting: r.Error.Setting, Source: s.credential.source,
		}
	}
	entry, err := decodeRecord(r.Record)
	if err != nil {
		return Entry{}, notices, helperError(err)
	}
	return entry, notices, nil
}

func helperError(err error) *Error {
	return &Error{
		Kind: KindHelperProcess, Err: err, Summary: "Refresh Process Failed",
		Detail: fmt.Sprintf("The process that refreshes tokens ended without a result: %v. A token that it received is saved; run Terraform again.", err),
	}
}

// refusedJob is the exit status of a process that FinishRefresh gave an error: it
// sent nothing, or has saved what it got.
const refusedJob = 1

// helperEnded is the error of a process that ended without a result. One that was
// killed, or crashed, may have been about to save: a token that is still there may
// be spent, and is marked so.
func (s *Session) helperEnded(ctx context.Context, known Entry, unharmed bool, err error) error {
	if unharmed {
		return helperError(err)
	}
	sent, problem := s.refresher.toSend(known)
	if problem == nil {
		problem = s.refresher.suspect(ctx, Fingerprint(sent.Reveal()))
	}
	if problem != nil {
		s.options.Log.WarnContext(ctx, "that the token may be spent could not be saved", "error", problem.Error())
	}
	failure := helperError(err)
	failure.Detail = fmt.Sprintf("The process that refreshes tokens was killed or crashed: %v. What it had saved is used by the next run. If it had not saved yet, "+
		"the refresh token from %s may be spent, and the next run says so instead of sending it again.", err, s.credential.source)
	return failure
}

// suspect marks a refresh token that may be spent, if it is still the session's.
func (r *refresher) suspect(ctx context.Context, fingerprint string) error {
	err := r.amend(context.WithoutCancel(ctx), func(stored Entry) (Entry, error) {
		if current, err := r.toSend(stored); err != nil || Fingerprint(current.Reveal()) != fingerprint {
			return Entry{}, errLoginChanged
		}
		stored.Suspect, stored.SuspectAt = fingerprint, r.now()
		return stored, nil
	})
	if errors.Is(err, errLoginChanged) {
		return nil // its successor was saved
	}
	return err
}

// helperEnvironment is the environment without this provider's and Terraform's
// own variables: they may hold tokens, and the job holds all that is needed.
func helperEnvironment(environ []string) []string {
	kept := []string{}
	for _, assignment := range environ {
		name := strings.ToUpper(assignment)
		if !strings.HasPrefix(name, "ES_") && !strings.HasPrefix(name, "TF_") {
			kept = append(kept, assignment)
		}
	}
	return kept
}

// FinishRefresh is the other end of Options.Detach: it reads a job from in,
// does it, and writes the result to out. The error is for an exit status; what
// went wrong with the refresh itself is in the result.
func FinishRefresh(ctx context.Context, in io.Reader, out io.Writer, environ []string) error {
	var j job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return fmt.Errorf("this command is run by the provider itself, with a job on standard input")
	}
	client, err := NewHTTPClient(TransportOptions{CAFile: j.CAFile, Environ: environ, ConnectTimeout: j.Connect})
	if err != nil {
		return err
	}
	var lines logLines
	r := &refresher{
		credential: credential{
			flow: j.Flow, identity: j.Identity, audience: j.Audience, secret: settings.NewSecret(j.Secret),
			source: settings.Source(j.Source), setting: j.Setting, profile: j.Profile,
		},
		store: NewFileStore(j.Root), spent: NewSpentTokens(j.Root), now: time.Now, sleep: sleep, jitter: randomJitter, rescue: rescueFile,
		log: slog.New(&lines),
		endpoint: endpoint{
			client: client, tokenURL: j.TokenURL, headers: j.Headers, userAgent: j.UserAgent, timeout: j.Timeout, now: time.Now,
		},
		retry: settings.Retry{
			Attempts: j.Retry.Attempts, Timeout: j.Retry.Timeout, WaitInitial: j.Retry.WaitInitial,
			WaitMax: j.Retry.WaitMax, WaitJitter: j.Retry.WaitJitter, WaitExpBase: j.Retry.WaitExpBase,
		},
	}
	entry, err := r.renew(ctx, need{threshold: j.Threshold, minTTL: j.MinTTL})
	res := r.result(entry, err)
	res.Log = lines.lines
	return json.NewEncoder(out).Encode(res)
}

func (r *refresher) result(entry Entry, err error) result {
	var res result
	for _, n := range r.drain() {
		res.Notices = append(res.Notices, resultMessage{Kind: n.Kind, Summary: n.Summary, Detail: n.Detail})
	}
	var failure *Error
	switch {
	case err == nil:
		if res.Record, err = encodeRecord(entry, true); err != nil {
			res.Error = &resultMessage{Kind: KindHelperProcess, Summary: "Refresh Process Failed", Detail: err.Error()}
		}
	case errors.As(err, &failure):
		res.Error = &resultMessage{Kind: failure.Kind, Summary: failure.Summary, Detail: failure.Detail, Setting: failure.Setting}
	case errors.Is(err, ErrReadOnly):
		res.ReadOnly = err.Error()
	default:
		res.Error = &resultMessage{Kind: KindHelperProcess, Summary: "Refresh Process Failed", Detail: err.Error()}
	}
	return res
}
