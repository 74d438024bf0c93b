package sshserver

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// errRefused is all that a failed login learns inside the server; the client
// is only told which methods it may try.
var errRefused = errors.New("login refused")

// configuration gives the settings of one connection.
func (s *Server) configuration(boot Boot) *ssh.ServerConfig {
	login := &login{server: s, closedForLogins: boot == BootNoLogin}
	callbacks := login.only(s.options.Methods, nil)
	config := &ssh.ServerConfig{
		ServerVersion:               s.options.Version,
		MaxAuthTries:                s.options.Limits.AuthTries,
		PublicKeyCallback:           callbacks.PublicKeyCallback,
		PasswordCallback:            callbacks.PasswordCallback,
		KeyboardInteractiveCallback: callbacks.KeyboardInteractiveCallback,
		BannerCallback: func(ssh.ConnMetadata) string {
			// The first authentication request: the client accepted the host key.
			s.ledger.update(func(c *Counters) { c.Handshakes++ })
			return s.options.Banner
		},
		AuthLogCallback: s.logAuth,
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, key := range s.hostKeys {
		config.AddHostKey(key.Signer())
	}
	for _, certified := range s.certificate {
		config.AddHostKey(certified)
	}
	return config
}

func (s *Server) logAuth(_ ssh.ConnMetadata, method string, err error) {
	var partial *ssh.PartialSuccessError
	s.ledger.update(func(c *Counters) {
		switch {
		case err == nil: // counted before the client learns it, who may ask for the counters at once
			c.Logins++
			c.AuthAccepted[method]++
		case errors.As(err, &partial):
			c.AuthPartial[method]++
		default:
			c.AuthRefused[method]++
		}
	})
}

// login is the authentication of one connection.
type login struct {
	server          *Server
	closedForLogins bool
}

// callbacks offers the methods that may come after those in passed.
func (l *login) callbacks(passed []string) ssh.ServerAuthCallbacks {
	return ssh.ServerAuthCallbacks{
		PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			l.server.ledger.keyOffered(ssh.FingerprintSHA256(key))
			return l.decide(meta, passed, "publickey", func(user User) (*ssh.Permissions, error) {
				return checkKey(meta, user, key)
			})
		},
		PasswordCallback: func(meta ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return l.decide(meta, passed, "password", func(user User) (*ssh.Permissions, error) {
				if user.Password == "" || subtle.ConstantTimeCompare(password, []byte(user.Password)) != 1 {
					return nil, errRefused
				}
				return &ssh.Permissions{}, nil
			})
		},
		KeyboardInteractiveCallback: func(meta ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			return l.decide(meta, passed, "keyboard-interactive", func(user User) (*ssh.Permissions, error) {
				return askPrompts(user, ask)
			})
		},
	}
}

// decide runs one method's check and says whether the account is satisfied.
func (l *login) decide(meta ssh.ConnMetadata, passed []string, method string,
	check func(User) (*ssh.Permissions, error),
) (*ssh.Permissions, error) {
	if err := l.server.think(); err != nil {
		return nil, err
	}
	user := l.server.user(meta.User())
	required := user.Require
	if len(required) > 0 && (len(passed) >= len(required) || required[len(passed)] != method) {
		return nil, errRefused
	}
	permissions, err := check(user)
	if err != nil {
		return nil, err
	}
	if l.closedForLogins {
		return nil, errRefused
	}
	done := append(slices.Clip(passed), method)
	if len(done) < len(required) {
		return nil, &ssh.PartialSuccessError{Next: l.only(required[len(done):len(done)+1], done)}
	}
	return permissions, nil
}

// only offers the given methods.
func (l *login) only(methods, passed []string) ssh.ServerAuthCallbacks {
	all := l.callbacks(passed)
	var offered ssh.ServerAuthCallbacks
	for _, method := range methods {
		switch method {
		case "publickey":
			offered.PublicKeyCallback = all.PublicKeyCallback
		case "password":
			offered.PasswordCallback = all.PasswordCallback
		case "keyboard-interactive":
			offered.KeyboardInteractiveCallback = all.KeyboardInteractiveCallback
		}
	}
	return offered
}

// checkKey accepts a listed key, or a certificate by a trusted authority that
// names the account, is valid now and has no unknown critical option.
func checkKey(meta ssh.ConnMetadata, user User, key ssh.PublicKey) (*ssh.Permissions, error) {
	if _, isCertificate := key.(*ssh.Certificate); !isCertificate {
		if containsKey(user.Keys, key) {
			return &ssh.Permissions{}, nil
		}
		return nil, errRefused
	}
	checker := &ssh.CertChecker{
		SupportedCriticalOptions: []string{"force-command"},
		IsUserAuthority:          func(authority ssh.PublicKey) bool { return containsKey(user.Authorities, authority) },
	}
	permissions, err := checker.Authenticate(meta, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	return permissions, nil
}

func containsKey(keys []ssh.PublicKey, wanted ssh.PublicKey) bool {
	return slices.ContainsFunc(keys, func(key ssh.PublicKey) bool {
		return bytes.Equal(key.Marshal(), wanted.Marshal())
	})
}

func askPrompts(user User, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	if len(user.Prompts) == 0 {
		return nil, errRefused
	}
	size := len(user.Prompts)
	if user.OneByOne {
		size = 1
	}
	for round := range slices.Chunk(user.Prompts, size) {
		if err := askRound(round, ask); err != nil {
			return nil, err
		}
	}
	return &ssh.Permissions{}, nil
}

// askRound asks some prompts at once and checks the answers.
func askRound(prompts []Prompt, ask ssh.KeyboardInteractiveChallenge) error {
	texts, echos := make([]string, len(prompts)), make([]bool, len(prompts))
	for i, prompt := range prompts {
		texts[i], echos[i] = prompt.Text, prompt.Echo
	}
	answers, err := ask("", "", texts, echos)
	if err != nil {
		return err
	}
	if len(answers) != len(prompts) {
		return errRefused
	}
	for i, prompt := range prompts {
		if subtle.ConstantTimeCompare([]byte(answers[i]), []byte(prompt.Answer)) != 1 {
			return errRefused
		}
	}
	return nil
}

// think waits for the delay of SetAuthDelay, or until the server closes.
func (s *Server) think() error {
	s.mutex.Lock()
	delay := s.delay
	s.mutex.Unlock()
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.done:
		return net.ErrClosed
	}
}
