package session_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// What a peer sends instead of an answer is in no error.
func TestNewHTTPClient_errorsQuoteNoPeer(t *testing.T) {
	t.Parallel()
	const secret = "v1.sent-back-by-the-peer"
	for name, answer := range map[string]string{
		"no HTTP at all":     secret + "\r\n\r\n",
		"no status code":     "HTTP/1.1 " + secret + "\r\n\r\n",
		"no version":         "HTTP/" + secret + " 200 OK\r\n\r\n",
		"a header":           "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
		"a length":           "HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n",
		"a transfer":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"a folded header":    "HTTP/1.1 200 OK\r\n " + secret + "\r\n\r\n",
		"a trailer":          "HTTP/1.1 200 OK\r\nTrailer: Content-Length, " + secret + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a second of length": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: " + secret + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := speak(t, answer)
			client, err := session.NewHTTPClient(session.TransportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if err == nil {
				_ = response.Body.Close()
				t.Fatalf("net/http takes this for an answer, status %s: the test shows nothing", response.Status)
			}
			if strings.Contains(err.Error(), secret) || !errors.Is(err, session.ErrNotHTTP) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// speak answers every connection with the bytes of answer.
func speak(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

// An answer may begin well: what follows it is not quoted either.
func TestNewHTTPClient_bodiesQuoteNoPeer(t *testing.T) {
	t.Parallel()
	const secret = "v1.sent-back-by-the-peer"
	client, err := session.NewHTTPClient(session.TransportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address := speak(t, "HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"+secret+"\r\n\r\n")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if string(body) != "x" || !errors.Is(err, session.ErrNotHTTP) || strings.Contains(err.Error(), secret) {
		t.Errorf("body %q, error = %v", body, err)
	}
}

// A header of the user's own that can't be sent is not blamed on the peer.
func TestNewHTTPClient_unsendableHeader(t *testing.T) {
	t.Parallel()
	client, err := session.NewHTTPClient(session.TransportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Own", "v1.secret\n")
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("the header was sent: the test shows nothing")
	}
	if errors.Is(err, session.ErrNotHTTP) || !strings.Contains(err.Error(), "X-Own") || strings.Contains(err.Error(), "v1.secret") {
		t.Errorf("error = %v", err)
	}
}

// What a peer says when it closes a connection of HTTP/2 is its own words.
func TestNewHTTPClient_goodbyeQuotesNoPeer(t *testing.T) {
	t.Parallel()
	const secret = "v1.sent-back-by-the-peer"
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{NextProtos: []string{"h2"}}
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
			_, _ = conn.Read(make([]byte, 4096))
			settings := []byte{0, 0, 0, 4, 0, 0, 0, 0, 0}
			goodbye := append([]byte{0, 0, byte(8 + len(secret)), 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}, secret...)
			_, _ = conn.Write(append(settings, goodbye...))
			_ = conn.Close()
		},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := session.NewHTTPClient(session.TransportOptions{CAFile: file})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("an answer: the test shows nothing")
	}
	if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("error = %v", err)
	}
}
