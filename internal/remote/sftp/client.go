package sftp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// Status codes (section 7).
const (
	statusOK          = 0
	statusEOF         = 1
	statusNoSuchFile  = 2
	statusPermission  = 3
	statusFailure     = 4
	statusUnsupported = 8
)

// statusError is a refusal by the server. Its text is for classification only.
type statusError struct {
	code uint32
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("sftp: the server answers status %d", e.code)
}

func hasStatus(err error, code uint32) bool {
	var status *statusError
	return errors.As(err, &status) && status.code == code
}

// client sends requests and hands out the answers.
type client struct {
	writer     io.Writer
	extensions map[string]bool

	writing sync.Mutex // held before mu
	mu      sync.Mutex
	nextID  uint32
	pending map[uint32]*request
	failed  error
}

// request is one that was sent; its answer is ready when done is closed.
type request struct {
	done chan struct{}
	kind byte
	body []byte
	err  error
}

// newClient asks for version 3. The caller need not wait for version before it
// sends requests: servers answer in order.
func newClient(writer io.Writer, reader io.Reader) (c *client, version *request, err error) {
	c = &client{writer: writer, extensions: make(map[string]bool), pending: make(map[uint32]*request)}
	version = &request{done: make(chan struct{})}
	if _, err := writer.Write(frame(typeInit, encoder(nil).uint32(3))); err != nil {
		return nil, nil, err
	}
	go c.receive(reader, version)
	return c, version, nil
}

func frame(kind byte, body []byte) []byte {
	packet := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(body)), uint32(len(body)+1)) //nolint:gosec // no packet is that long
	return append(append(packet, kind), body...)
}

func readFrame(reader io.Reader) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(reader, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size < 1 || size > maxPacket {
		return 0, nil, fmt.Errorf("sftp: packet of %d bytes", size)
	}
	body = make([]byte, size-1)
	_, err = io.ReadFull(reader, body)
	return head[4], body, err
}

func (c *client) receive(reader io.Reader, version *request) {
	kind, body, err := readFrame(reader)
	if err == nil && kind != typeVersion {
		err = errors.New("sftp: the server does not begin with its version")
	}
	if err == nil {
		d := &decoder{data: body}
		if got := d.uint32(); got < 3 {
			err = fmt.Errorf("sftp: the server speaks version %d, version 3 is needed", got)
		}
		for len(d.data) > 0 && d.err == nil {
			c.extensions[d.text()] = true
			d.bytes()
		}
	}
	version.err = err
	close(version.done)
	for err == nil {
		if kind, body, err = readFrame(reader); err == nil {
			err = c.deliver(kind, body)
		}
	}
	c.fail(err)
}

func (c *client) deliver(kind byte, body []byte) error {
	d := &decoder{data: body}
	id := d.uint32()
	c.mu.Lock()
	r, known := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if !known || d.err != nil {
		return errors.New("sftp: answer to nothing")
	}
	r.kind, r.body = kind, d.data
	if kind == typeStatus {
		if code := d.uint32(); code != statusOK {
			r.err = &statusError{code: code, text: d.text()}
		}
	}
	close(r.done)
	return nil
}

// fail ends all requests, now and later.
func (c *client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = err
	}
	for id, r := range c.pending {
		r.err = c.failed
		close(r.done)
		delete(c.pending, id)
	}
}

// send sends a request without waiting for its answer. Answers may arrive while
// it still waits for the server to take more.
func (c *client) send(kind byte, body encoder) *request {
	r := &request{done: make(chan struct{})}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	if c.failed != nil {
		r.err = c.failed
		close(r.done)
		c.mu.Unlock()
		return r
	}
	c.nextID++
	c.pending[c.nextID] = r
	packet := frame(kind, append(encoder(nil).uint32(c.nextID), body...))
	c.mu.Unlock()
	defer clear(packet)
	if _, err := c.writer.Write(packet); err != nil {
		c.fail(err)
	}
	return r
}

// wait returns the answer if it is of the wanted type.
func (r *request) wait(kind byte) (*decoder, error) {
	<-r.done
	if r.err != nil {
		return nil, r.err
	}
	if r.kind != kind {
		return nil, fmt.Errorf("sftp: answer of type %d where %d was expected", r.kind, kind)
	}
	return &decoder{data: r.body}, nil
}

// ok waits for a positive status.
func (r *request) ok() error {
	_, err := r.wait(typeStatus)
	return err
}

func (r *request) handle() (string, error) {
	d, err := r.wait(typeHandle)
	if err != nil {
		return "", err
	}
	handle := d.text()
	return handle, d.err
}

func (r *request) attributes() (attributes, error) {
	d, err := r.wait(typeAttrs)
	if err != nil {
		return attributes{}, err
	}
	a := d.attributes()
	return a, d.err
}

// name returns the first name of an answer to REALPATH.
func (r *request) name() (string, error) {
	d, err := r.wait(typeName)
	if err != nil {
		return "", err
	}
	if d.uint32() < 1 {
		return "", errShort
	}
	name := d.text()
	return name, d.err
}

func (c *client) onPath(kind byte, path string) *request {
	return c.send(kind, encoder(nil).text(path))
}

func (c *client) open(path string) *request {
	return c.send(typeOpen, encoder(nil).text(path).uint32(openRead).uint32(0))
}

// create opens a new file that only its owner can read from its first moment.
func (c *client) create(path string) *request {
	return c.send(typeOpen, encoder(nil).text(path).uint32(openWrite|openCreate|openExcl).mode(0o600))
}

func (c *client) close(handle string) *request {
	return c.send(typeClose, encoder(nil).text(handle))
}

// read asks for every part of a file of about size bytes at once.
func (c *client) read(handle string, size uint64) []*request {
	var parts []*request
	for offset := uint64(0); offset <= size; offset += chunk {
		parts = append(parts, c.readAt(handle, offset))
	}
	return parts
}

func (c *client) readAt(handle string, offset uint64) *request {
	return c.send(typeRead, encoder(nil).text(handle).uint64(offset).uint32(chunk))
}

// collect joins what read asked for. If the file is not as long as expected, or
// the server gives less at a time than was asked for, it goes on until the end.
func (c *client) collect(handle string, parts []*request, size uint64) ([]byte, error) {
	var data []byte
	for _, part := range parts {
		before := len(data)
		piece, err := part.data()
		if hasStatus(err, statusEOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if data = append(data, piece...); len(data)-before < chunk {
			break
		}
	}
	for uint64(len(data)) != size && len(data) <= files.MaxSize {
		piece, err := c.readAt(handle, uint64(len(data))).data()
		if hasStatus(err, statusEOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		data = append(data, piece...)
	}
	return data, nil
}

func (r *request) data() ([]byte, error) {
	d, err := r.wait(typeData)
	if err != nil {
		return nil, err
	}
	piece := d.bytes()
	switch {
	case d.err != nil:
		return nil, d.err
	case len(piece) == 0, len(piece) > chunk:
		// It may give less than was asked for, but has to say when there is no more.
		return nil, fmt.Errorf("sftp: a piece of %d bytes where 1 to %d were expected", len(piece), chunk)
	}
	return piece, nil
}
