package settings

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// maxURL is the length that pydantic's HttpUrl allows.
const maxURL = 2083

// normalizeURL reads an http or https URL the forgiving way of the WHATWG
// standard, which pydantic's HttpUrl follows: host in lower case and ASCII,
// default port dropped, path made absolute and cleaned. why is empty on
// success and never quotes the text.
func normalizeURL(text string) (normal, why string) {
	if len(text) > maxURL {
		return "", fmt.Sprintf("is longer than %d characters", maxURL)
	}
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	scheme, rest, found := strings.Cut(text, ":")
	if scheme = strings.ToLower(scheme); !found || (scheme != "http" && scheme != "https") {
		return "", "is no URL that starts with https:// or http://"
	}
	rest = strings.TrimLeft(rest, `/\`)
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	user, host := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, host = encodeUser(authority[:at]), authority[at+1:]
	}
	host, why = normalizeHost(scheme, host)
	if why != "" {
		return "", why
	}
	normal = scheme + "://" + user + host + normalizePath(tail)
	if _, err := url.Parse(normal); err != nil {
		return "", "is no well-formed URL"
	}
	return normal, ""
}

func normalizeHost(scheme, text string) (host, why string) {
	host, port := text, ""
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		host, port = text[:colon], text[colon+1:]
	}
	if host == "" {
		return "", "is a URL without a host"
	}
	if port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return "", "is a URL with a malformed port number"
		}
		port = ":" + strconv.FormatUint(number, 10)
		if (scheme == "https" && number == 443) || (scheme == "http" && number == 80) {
			port = ""
		}
	}
	name, ok := normalizeName(host)
	if !ok {
		return "", "is a URL with a malformed host name"
	}
	return name + port, ""
}

// normalizePath cleans what follows the host: a path that is absent becomes a
// slash, dot segments go, backslashes become slashes.
func normalizePath(tail string) string {
	end := strings.IndexAny(tail, "?#")
	if end < 0 {
		end = len(tail)
	}
	path, rest := strings.ReplaceAll(tail[:end], `\`, "/"), tail[end:]
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var kept []string
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			kept = kept[:max(0, len(kept)-1)]
			if last {
				kept = append(kept, "")
			}
		case ".":
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + encode(strings.Join(kept, "/"), "\"<>`{}") + encode(rest, "\"<>`")
}

// encodeUser writes a user name and password with the final @, or nothing if
// both are empty.
func encodeUser(text string) string {
	const unsafe = "\"#<>?`{}/:;=@[\\]^|"
	name, password, _ := strings.Cut(text, ":")
	switch {
	case password != "":
		return encode(name, unsafe) + ":" + encode(password, unsafe) + "@"
	case name != "":
		return encode(name, unsafe) + "@"
	}
	return ""
}

// encode percent-encodes control characters, spaces, bytes above ASCII and
// those in unsafe.
func encode(text, unsafe string) string {
	var out strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(unsafe, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// baseProblem says why endpoints cannot be appended to a URL; empty if they
// can. The SDK appends them as text ("https://h/auth" + "oauth/token"), so a
// path without a final slash would give a wrong address without a warning.
func baseProblem(normal string) string {
	switch {
	case strings.ContainsAny(normal, "?#"):
		return "has a query or a fragment, but endpoints are appended to it as text"
	case !strings.HasSuffix(normal, "/"):
		return "has a path without a final slash, but endpoints are appended to it as text"
	}
	return ""
}

// RedactURL masks a password in a normalized URL, for what people see.
func RedactURL(normal string) string {
	scheme, rest, _ := strings.Cut(normal, "://")
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return normal
	}
	return scheme + "://" + masked + rest[at:]
}
