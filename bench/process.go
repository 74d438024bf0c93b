package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Metrics of a start, both in milliseconds from the beginning.
const (
	handshakeMilliseconds = "handshake"
	firstCallMilliseconds = "first call"
)

// firstCall starts a provider as Terraform does, makes its first call, GetProviderSchema, and takes the time.
func firstCall(path string) (metrics, error) {
	command := exec.Command(path) //nolint:noctx // killed below
	// The handshake of go-plugin. Without a client certificate the server speaks plain HTTP/2.
	command.Env = []string{
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		"PLUGIN_PROTOCOL_VERSIONS=5,6", "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH"),
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s gave no handshake: %w", filepath.Base(path), err)
	}
	handshake := time.Since(start)
	// 1|PROTOCOL|unix|SOCKET|grpc|
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 {
		return nil, fmt.Errorf("%s: a handshake of %d parts", filepath.Base(path), len(parts))
	}
	method := "/tfplugin" + parts[1] + ".Provider/GetProviderSchema"
	if parts[1] == "5" {
		method = "/tfplugin5.Provider/GetSchema"
	}
	if err := callEmpty(parts[2], parts[3], method); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return metrics{
		handshakeMilliseconds: float64(handshake.Microseconds()) / 1000, firstCallMilliseconds: float64(time.Since(start).Microseconds()) / 1000,
	}, nil
}

// callEmpty makes a gRPC call whose request has no fields: HTTP/2 with a body of an empty message.
func callEmpty(network, address, method string) error {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	var dialer net.Dialer
	transport := &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://provider"+method, bytes.NewReader(make([]byte, 5)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("Te", "trailers")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	size, err := io.Copy(io.Discard, response.Body)
	if status := response.Trailer.Get("Grpc-Status"); err != nil || status != "0" || size < 6 {
		return fmt.Errorf("the first call gave gRPC status %q, %d bytes, %w", status, size, err)
	}
	return nil
}

// peak is the most that processes of a program used.
type peak struct {
	resident    float64 // bytes
	descriptors float64
}

// watch does work and reads meanwhile what the processes of a program hold. Where the kernel has no /proc it reads nothing.
func watch(path string, work func() error) (peak, error) {
	done := make(chan error, 1)
	go func() { done <- work() }()
	var most peak
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			return most, err
		case <-ticker.C:
			most = most.with(path)
		}
	}
}

// with adds what the processes of a program hold now.
func (p peak) with(path string) peak {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return p
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != path {
			continue
		}
		folder := filepath.Dir(link)
		if open, err := os.ReadDir(filepath.Join(folder, "fd")); err == nil {
			p.descriptors = max(p.descriptors, float64(len(open)))
		}
		status, err := os.ReadFile(filepath.Join(folder, "status")) //nolint:gosec // the kernel's
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
				kibibytes, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				p.resident = max(p.resident, kibibytes*1024)
			}
		}
	}
	return p
}
