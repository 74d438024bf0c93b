package sftp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// fake is a server whose answers a test can change. It has one file, /home/f.
type fake struct {
	stdin  *io.PipeWriter
	stdout *io.PipeReader
	stop   func()
}

func (f *fake) Stdin() io.WriteCloser { return f.stdin }
func (f *fake) Stdout() io.Reader     { return f.stdout }
func (f *fake) Stderr() io.Reader     { return strings.NewReader("") } // ends at once
func (f *fake) Wait() (int, error)    { return 0, nil }
func (f *fake) Kill()                 { f.stop() }

// serveFake answers each request with what change returns, or as a plain server
// does where that is nil.
func serveFake(t testing.TB, content []byte, change func(kind byte, d *decoder) []byte) *fake {
	t.Helper()
	requests, stdin := io.Pipe()
	stdout, answers := io.Pipe()
	f := &fake{stdin: stdin, stdout: stdout}
	f.stop = func() { _ = errors.Join(stdin.Close(), stdout.Close()) }
	go func() {
		defer func() { _ = answers.Close() }()
		for {
			kind, body, err := readFrame(requests)
			if err != nil {
				return
			}
			if kind == typeInit {
				_, _ = answers.Write(frame(typeVersion, encoder(nil).uint32(3)))
				continue
			}
			id := binary.BigEndian.Uint32(body)
			answer := change(kind, &decoder{data: body[4:]})
			if answer == nil {
				answer = plainAnswer(kind, &decoder{data: body[4:]}, content)
			}
			// A frame without its request's number gets it here.
			packet := frame(answer[0], append(encoder(nil).uint32(id), answer[1:]...))
			if _, err := answers.Write(packet); err != nil {
				return
			}
		}
	}()
	return f
}

func answerStatus(code uint32) []byte {
	return append([]byte{typeStatus}, encoder(nil).uint32(code).text("SECRETS of the server").text("")...)
}

func answerData(data []byte) []byte { return append([]byte{typeData}, encoder(nil).bytes(data)...) }

func answerAttributes(size int) []byte {
	return append([]byte{typeAttrs}, encoder(nil).uint32(attrSize|attrPermissions).uint64(uint64(size)).uint32(typeRegular|0o600)...)
}

func plainAnswer(kind byte, d *decoder, content []byte) []byte {
	switch kind {
	case typeRealpath:
		name := d.text()
		if !path.IsAbs(name) {
			name = path.Join("/home", name)
		}
		return append([]byte{typeName}, encoder(nil).uint32(1).text(name).text("").uint32(0)...)
	case typeLstat, typeStat:
		return answerAttributes(len(content))
	case typeOpen:
		return append([]byte{typeHandle}, encoder(nil).text("handle")...)
	case typeRead:
		d.text()
		offset := d.uint64()
		if offset >= uint64(len(content)) {
			return answerStatus(statusEOF)
		}
		end := min(offset+uint64(d.uint32()), uint64(len(content)))
		return answerData(content[offset:end])
	}
	return answerStatus(statusOK)
}

func readFake(t testing.TB, content []byte, change func(kind byte, d *decoder) []byte) (files.Report, error) {
	t.Helper()
	return Transact(context.Background(), serveFake(t, content, change), "test", files.Request{Paths: []string{"~/f"}})
}

// TestTransact_oddServers reads from servers that answer as the draft allows, and
// from some that do not. None may hang or give wrong content.
func TestTransact_oddServers(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 10000)
	for name, test := range map[string]struct {
		change func(kind byte, d *decoder) []byte
		want   []byte       // content, if it is read
		reason files.Reason // of the file's refusal
		lost   bool         // the exchange is given up
	}{
		"plain": {func(byte, *decoder) []byte { return nil }, content, "", false},
		"small pieces": {func(kind byte, d *decoder) []byte {
			if kind != typeRead {
				return nil
			}
			d.text()
			offset := d.uint64()
			return answerData(content[min(offset, uint64(len(content)-1)):min(offset+100, uint64(len(content)))])
		}, content, "", false},
		"no size": {func(kind byte, _ *decoder) []byte {
			if kind != typeLstat {
				return nil
			}
			return append([]byte{typeAttrs}, encoder(nil).uint32(attrPermissions).uint32(typeRegular|0o600)...)
		}, content, "", false},
		"a smaller size than it has": {func(kind byte, _ *decoder) []byte {
			if kind != typeLstat {
				return nil
			}
			return answerAttributes(10)
		}, content, "", false},
		"a file without end": {func(kind byte, _ *decoder) []byte {
			if kind != typeRead {
				return nil
			}
			return answerData(make([]byte, chunk))
		}, nil, files.TooLarge, false},
		"empty pieces": {func(kind byte, _ *decoder) []byte {
			if kind != typeRead {
				return nil
			}
			return answerData(nil)
		}, nil, "", true},
		"larger pieces than asked for": {func(kind byte, _ *decoder) []byte {
			if kind != typeRead {
				return nil
			}
			return answerData(make([]byte, chunk+1))
		}, nil, "", true},
		"another type of answer": {func(kind byte, _ *decoder) []byte {
			if kind != typeOpen {
				return nil
			}
			return answerData([]byte("x"))
		}, nil, "", true},
		"an answer that is cut": {func(kind byte, _ *decoder) []byte {
			if kind != typeLstat {
				return nil
			}
			return []byte{typeAttrs, 0, 0}
		}, nil, "", true},
		"no permission to read": {func(kind byte, _ *decoder) []byte {
			if kind != typeOpen {
				return nil
			}
			return answerStatus(statusPermission)
		}, nil, files.PermissionDenied, false},
		"a failure": {func(kind byte, _ *decoder) []byte {
			if kind != typeRead {
				return nil
			}
			return answerStatus(statusFailure)
		}, nil, files.OtherFailure, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := readFake(t, content, test.change)
			var lost *files.LostError
			if errors.As(err, &lost) != test.lost || (err != nil) != test.lost {
				t.Fatalf("error = %T %v", err, err)
			}
			if test.lost {
				return
			}
			state := report.States[0]
			var refused *files.Error
			if errors.As(state.Err, &refused) != (test.reason != "") || test.reason != "" && refused.Reason != test.reason {
				t.Errorf("state error = %v, want %q", state.Err, test.reason)
			}
			if test.reason == "" && !bytes.Equal(state.Content, test.want) {
				t.Errorf("%d bytes, want %d", len(state.Content), len(test.want))
			}
			if state.Err != nil && strings.Contains(state.Err.Error(), "SECRETS") {
				t.Errorf("the error quotes the server: %v", state.Err)
			}
		})
	}
}

// FuzzTransact_server is a server that answers with arbitrary bytes: a transaction
// must end, and neither panic nor succeed in writing.
func FuzzTransact_server(f *testing.F) {
	version := frame(typeVersion, encoder(nil).uint32(3))
	f.Add(version)
	f.Add(append(bytes.Clone(version), frame(typeName, encoder(nil).uint32(1).uint32(1).text("/home").text("").uint32(0))...))
	f.Add(append(bytes.Clone(version), frame(typeStatus, encoder(nil).uint32(1).uint32(4).text("x").text(""))...))
	f.Add(append(bytes.Clone(version), frame(typeAttrs, encoder(nil).uint32(2).uint32(attrExtended).uint32(1<<31))...))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, output []byte) {
		requests, stdin := io.Pipe()
		go func() { _, _ = io.Copy(io.Discard, requests) }()
		stdout, answers := io.Pipe()
		go func() { _, _ = answers.Write(output); _ = answers.Close() }()
		server := &fake{stdin: stdin, stdout: stdout, stop: func() { _ = errors.Join(stdin.Close(), stdout.Close()) }}
		report, err := Transact(context.Background(), server, "test", files.Request{Paths: []string{"~/f"}, Edit: replaceWith("x")})
		if err == nil && len(report.Results) > 0 && report.Results[0].Outcome == files.Written && len(output) < 200 {
			t.Error("written by a server that was never heard to do so")
		}
	})
}

// FuzzDecoder takes attributes from arbitrary bytes.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(encoder(nil).uint32(attrSize | attrOwner | attrPermissions | attrTimes).uint64(1).uint32(2).uint32(3).uint32(4).uint32(5).uint32(6)))
	f.Add([]byte(encoder(nil).uint32(attrExtended).uint32(2).text("a").text("b").text("c").text("d")))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &decoder{data: data}
		a := d.attributes()
		if d.err != nil && len(d.data) > len(data) {
			t.Error("the decoder made up data")
		}
		if d.err == nil && a.has&attrSize != 0 && len(data) < 12 {
			t.Error("a size without bytes for it")
		}
	})
}

func TestDecoder_roundTrip(t *testing.T) {
	t.Parallel()
	d := &decoder{data: encoder(nil).uint32(7).uint64(1 << 40).text("näme").bytes([]byte{0, 1}).mode(0o600)}
	if a, b, c, e := d.uint32(), d.uint64(), d.text(), d.bytes(); a != 7 || b != 1<<40 || c != "näme" || !bytes.Equal(e, []byte{0, 1}) {
		t.Errorf("decoded %d, %d, %q, %v", a, b, c, e)
	}
	if a := d.attributes(); a.has != attrPermissions || a.permission != 0o600 || d.err != nil || len(d.data) != 0 {
		t.Errorf("attributes %+v, %v", a, d.err)
	}
	if d.uint32() != 0 || !errors.Is(d.err, errShort) || d.text() != "" {
		t.Errorf("after the end: %v", d.err)
	}
}

// TestCreate_modeInTheRequest makes temporary files private from their first
// moment: the mode is in the request that creates them, not in a later one.
func TestCreate_modeInTheRequest(t *testing.T) {
	t.Parallel()
	var modes []uint32
	server := serveFake(t, nil, func(kind byte, d *decoder) []byte {
		switch kind {
		case typeLstat:
			return answerStatus(statusNoSuchFile)
		case typeStat:
			return append([]byte{typeAttrs}, encoder(nil).mode(typeDirectory|0o755)...)
		case typeOpen:
			d.text()
			if d.uint32()&openCreate != 0 {
				modes = append(modes, d.attributes().permission)
			}
		}
		return nil
	})
	if _, err := Transact(context.Background(), server, "test", files.Request{Paths: []string{"~/f"}, Edit: replaceWith("x")}); err != nil {
		t.Fatal(err)
	}
	if len(modes) != 1 || modes[0] != 0o600 {
		t.Errorf("created with the modes %o, want one of 600", modes)
	}
}
