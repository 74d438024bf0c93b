package settings

import "time"

// resolve gives every known setting its value and source, and fills the
// fields. all is the merged tree.
func (s *Settings) resolve(all *node) *Error {
	s.values = make(map[string]any, len(knownSettings))
	s.sources = make(map[string]Source, len(knownSettings))
	if err := s.decodeGroup(schema, all); err != nil {
		return err
	}
	s.fill()
	return nil
}

func (s *Settings) decodeGroup(e *entry, n *node) *Error {
	for _, name := range e.order {
		inner, child := e.children[name], n.get(name)
		if inner.isGroup() {
			if child != nil && child.kind != kindTable {
				return wrongGroup(inner.path, child)
			}
			if err := s.decodeGroup(inner, child); err != nil {
				return err
			}
			continue
		}
		k := inner.leaf
		if child == nil {
			s.values[k.Path] = parsed(k, k.Default)
			continue
		}
		value, why := decode(k, child)
		if text, isText := value.(string); isText && why == "" && k.Type == TypeURL {
			why = baseProblem(text)
		}
		if why != "" {
			return wrongValue(k, child, why)
		}
		s.values[k.Path] = value
		s.sources[k.Path] = child.source
		if k.Type == TypeHeaders {
			for name, header := range child.table.fields {
				s.sources[join(k.Path, name)] = header.source
				if header.source.Link > s.sources[k.Path].Link {
					s.sources[k.Path] = header.source
				}
			}
		}
	}
	return nil
}

func (s *Settings) text(path string) string {
	text, _ := s.values[path].(string)
	return text
}

func (s *Settings) secret(path string) Secret {
	secret, _ := s.values[path].(Secret)
	return secret
}

func (s *Settings) duration(path string) time.Duration {
	duration, _ := s.values[path].(time.Duration)
	return duration
}

func (s *Settings) fill() {
	hosts, _ := s.values["oauth2.allowed_hosts"].([]string)
	headers, _ := s.values["http.extra_headers"].(map[string]string)
	s.OAuth2 = OAuth2{
		AccessToken:  s.secret("oauth2.access_token"),
		IDToken:      s.secret("oauth2.id_token"),
		RefreshToken: s.secret("oauth2.refresh_token"),
		ClientSecret: s.secret("oauth2.client_secret"),
		Domain:       s.text("oauth2.domain"),
		ClientID:     s.text("oauth2.client_id"),
		Audience:     s.text("oauth2.audience"),
		Scope:        s.text("oauth2.scope"),
		AllowedHosts: hosts,
		Retry:        s.retry("oauth2.retry"),
	}
	s.Resources = Resources{APIURL: s.text("resources.api_url")}
	s.HTTP = HTTP{
		TimeoutConnect:  s.duration("http.timeout_connect"),
		TimeoutRead:     s.duration("http.timeout_read"),
		KeepaliveExpiry: s.duration("http.keepalive_expiry"),
		Retry:           s.retry("http.retry"),
		UserAgent:       s.text("http.user_agent"),
		ExtraHeaders:    headers,
	}
}

func (s *Settings) retry(path string) Retry {
	attempts, _ := s.values[path+".attempts"].(int64)
	base, _ := s.values[path+".wait_exp_base"].(float64)
	codes, _ := s.values[path+".status_codes"].([]int64)
	retry := Retry{
		Attempts:    int(attempts),
		Timeout:     s.duration(path + ".timeout"),
		WaitInitial: s.duration(path + ".wait_initial"),
		WaitMax:     s.duration(path + ".wait_max"),
		WaitJitter:  s.duration(path + ".wait_jitter"),
		WaitExpBase: base,
		StatusCodes: make([]int, len(codes)),
	}
	for i, code := range codes {
		retry.StatusCodes[i] = int(code)
	}
	return retry
}
