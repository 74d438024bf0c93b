package session_test

import (
	"errors"
	"net"
	"net/http"
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
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
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
			client, err := session.NewHTTPClient(session.TransportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), http.NoBody)
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
