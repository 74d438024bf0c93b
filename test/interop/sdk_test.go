package interop_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"testing"
)

// sdk is a Python process with the real earthscope-sdk that answers the
// questions of testdata/sdk.py.
type sdk struct {
	t        *testing.T
	input    io.Writer
	output   *bufio.Reader
	messages *bytes.Buffer
}

// question is one call; the fields are those of testdata/sdk.py.
type question struct {
	Call          string            `json:"call"`
	Env           []string          `json:"env"`
	Arguments     map[string]string `json:"arguments,omitempty"`
	Refresh       string            `json:"refresh,omitempty"`
	ProfileOfUser bool              `json:"profile_of_user,omitempty"`
	Tokens        *tokens           `json:"tokens,omitempty"`
	Text          string            `json:"text,omitempty"`
	Role          string            `json:"role"`
	Parameters    map[string]string `json:"parameters"`
}

// reply is the answer to any question; Error is the exception's class.
type reply struct {
	Error    string         `json:"error"`
	Message  string         `json:"message"`
	Settings map[string]any `json:"settings"`
	UserID   string         `json:"user_id"`
	tokens
}

func startSDK(t *testing.T) *sdk {
	t.Helper()
	command := exec.Command(python(t), "testdata/sdk.py")
	s := &sdk{t: t, messages: &bytes.Buffer{}}
	command.Stderr = s.messages
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("the SDK's process: %v\n%s", err, s.messages)
		}
	})
	s.input, s.output = input, bufio.NewReaderSize(output, 1<<20)
	return s
}

// ask sends a question; an exception of the SDK comes back in the reply.
func (s *sdk) ask(q question) reply {
	s.t.Helper()
	line, err := json.Marshal(q)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.input.Write(append(line, '\n')); err != nil {
		s.t.Fatalf("asking the SDK: %v", err)
	}
	line, err = s.output.ReadBytes('\n')
	if err != nil {
		s.t.Fatalf("the SDK does not answer: %v\n%s", err, s.messages)
	}
	var answer reply
	if err := json.Unmarshal(line, &answer); err != nil {
		s.t.Fatalf("the SDK's answer: %v", err)
	}
	return answer
}

// When the SDK refreshes, as testdata/sdk.py knows it.
const (
	ifNecessary = "if necessary"
	always      = "always"
)

// tokens asks which tokens the SDK works with; it must have some.
func (s *sdk) tokens(w *world, refresh string, env ...string) tokens {
	s.t.Helper()
	answer := s.ask(question{Call: "tokens", Env: w.environment(env...), Refresh: refresh})
	if answer.Error != "" {
		s.t.Fatalf("the SDK stopped with %s: %s", answer.Error, answer.Message)
	}
	return answer.tokens
}
