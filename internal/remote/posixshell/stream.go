package posixshell

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// maxNoise is how much output of start-up files is skipped, in bytes.
const maxNoise = 1 << 20

var errNoise = errors.New("the login shell prints more than 1 MiB on its own")

// stream reads the script's output: lines that start with the nonce, and raw
// file content between two of them. Whatever else appears is noise.
type stream struct {
	reader *bufio.Reader
	prefix []byte
}

func newStream(r io.Reader, nonce string) *stream {
	return &stream{reader: bufio.NewReaderSize(r, 8<<10), prefix: []byte(nonce + " ")}
}

// next returns the verb and the rest of the next line of ours. An io.EOF means
// that the output ended.
func (s *stream) next() (verb, rest string, err error) {
	line, err := s.untilOurs(maxNoise, nil)
	if err != nil {
		return "", "", err
	}
	verb, rest, _ = strings.Cut(string(line), " ")
	return verb, rest, nil
}

// content returns the raw bytes up to the next line of ours, and that line. The
// line break that the script adds after the content is taken off.
func (s *stream) content(limit int) (data []byte, ending string, err error) {
	var buffer bytes.Buffer
	line, err := s.untilOurs(limit, &buffer)
	if err != nil {
		return nil, "", err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), string(line), nil
}

// untilOurs skips to the next line that starts with the nonce and returns it
// without nonce and line break; what comes before goes to skipped, if not nil.
func (s *stream) untilOurs(limit int, skipped *bytes.Buffer) ([]byte, error) {
	atLineStart := true
	for count := 0; count <= limit; {
		part, err := s.reader.ReadSlice('\n')
		complete := err == nil
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if atLineStart && complete && bytes.HasPrefix(part, s.prefix) {
			return bytes.Clone(part[len(s.prefix) : len(part)-1]), nil
		}
		if skipped != nil {
			skipped.Write(part)
		}
		count += len(part)
		atLineStart = complete
	}
	return nil, errNoise
}

// readState reads what the script shows of one file.
func (s *stream) readState(path string) (files.State, error) {
	state := files.State{Path: path}
	fields := map[string]string{}
	for _, want := range []string{"file", "path", "miss"} {
		verb, rest, err := s.next()
		if err != nil {
			return state, err
		}
		if verb != want {
			return state, fmt.Errorf("remote script: %q where %q was expected", verb, want)
		}
		fields[want] = rest
	}
	state.ResolvedPath = fields["path"]
	if missing := fields["miss"]; missing != "" {
		state.MissingDirs = files.ParentDirs(path, strings.Count(missing, "/")+1)
	}
	kind := fields["file"]
	state.Err = refusal(path, kind)
	switch kind {
	case "file", "big", "dir", "other":
		if err := s.readMetadata(&state); err != nil {
			return state, err
		}
	}
	if kind != "file" {
		return state, nil
	}
	state.Exists = true
	if verb, _, err := s.next(); err != nil || verb != "data" {
		return state, errors.Join(err, errors.New("remote script: no content where content was expected"))
	}
	content, ending, err := s.content(files.MaxSize + 1)
	if err != nil {
		return state, err
	}
	if ending != "end 0" {
		state.Err = &files.Error{Path: path, Reason: files.IOFailure, Step: "read"}
	}
	state.Content = content
	return state, nil
}

func refusal(path, kind string) error {
	reasons := map[string]files.Reason{
		"denied": files.PermissionDenied, "dir": files.NotRegular, "other": files.NotRegular,
		"notdir": files.NotDirectory, "big": files.TooLarge, "link": files.LinkRefused,
		"outside": files.OutsideHome, "unsafe": files.UnsafeDirectory, "nohome": files.NoHome,
	}
	if reason, ok := reasons[kind]; ok {
		return &files.Error{Path: path, Reason: reason}
	}
	return nil
}
