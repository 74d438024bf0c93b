package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Question is what a server asks during a login that has no prepared answer.
type Question string

// The questions. The server's own words are not kept: they may name people.
const (
	OneTimeCode    Question = "a one-time code"
	NewPassword    Question = "a new password, since the old one has expired"
	SecondPassword Question = "a password, and none is set"
	OtherQuestion  Question = "something that only a person can answer"
)

var (
	errPasswordSpent = errors.New("the password was refused once already")
	errNoAnswer      = errors.New("the server asks a question that has no prepared answer")
)

// methods lists each method once: all keys are in one, since the library tries
// a method name only once.
func (l *login) methods(now func() context.Context) []ssh.AuthMethod {
	var methods []ssh.AuthMethod
	if len(l.set.Signers) > 0 {
		methods = append(methods, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			l.tried = append(l.tried, "publickey")
			return l.set.Signers, nil
		}))
	}
	if len(l.set.Password) > 0 {
		password := func() (string, error) { return l.passwordOnce(now(), "password") }
		methods = append(methods, ssh.PasswordCallback(password), ssh.KeyboardInteractive(l.answer(now)))
	}
	return methods
}

// passwordOnce gives the password out a single time: a second refusal of the
// same password can lock an account.
func (l *login) passwordOnce(ctx context.Context, method string) (string, error) {
	if l.password != nil {
		return "", errPasswordSpent
	}
	offer, err := l.guard.admit(ctx, l.endpoint.user, l.endpoint.address(), l.set.Password)
	if err != nil {
		l.spent = err.Error()
		return "", errPasswordSpent
	}
	l.password = offer
	l.tried = append(l.tried, method)
	return string(l.set.Password), nil
}

// verdict tells what the login's result means for the password.
func (l *login) verdict(err error) verdict {
	var refused *AuthError
	switch {
	case err == nil:
		return passwordAccepted
	case errors.As(err, &refused) && len(l.accepted) == 0 && l.asked == "":
		return passwordRefused
	}
	return noVerdict // the connection broke, or more is asked for
}

// mayContinue ends a login whose password was refused, instead of starting the
// other method that asks for it, and one whose question nobody can answer. With
// no error the library takes the next of the methods.
func (l *login) mayContinue(now func() context.Context) ssh.ClientAuthCallback {
	return func(state *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
		l.accepted = state.PartialSuccessMethods
		if l.asked != "" {
			return nil, errNoAnswer
		}
		for _, refused := range state.TriedMethods {
			if (l.password != nil || l.spent != "") && (refused == "password" || refused == "keyboard-interactive") {
				return nil, errPasswordSpent
			}
		}
		if len(l.accepted) == 0 || len(l.set.Password) > 0 {
			return nil, nil
		}
		// One factor was right. See what the next one is, to be able to say so.
		switch {
		case slices.Contains(state.AllowedMethods, "publickey") && !slices.Contains(l.accepted, "publickey"):
			return nil, nil
		case slices.Contains(state.AllowedMethods, "keyboard-interactive"):
			return ssh.KeyboardInteractive(l.answer(now)), nil
		case slices.Contains(state.AllowedMethods, "password"):
			l.asked = SecondPassword
			return nil, errNoAnswer
		}
		return nil, nil
	}
}

// answer replies to keyboard-interactive questions that ask for the password: a
// single question without echo (RFC 4256, section 3.2) that is for nothing else.
func (l *login) answer(now func() context.Context) ssh.KeyboardInteractiveChallenge {
	return func(_, instruction string, questions []string, echos []bool) ([]string, error) {
		if len(questions) == 0 {
			return nil, nil // a message, or the end
		}
		if l.asked = classifyQuestion(instruction, questions, echos); l.asked != "" {
			return nil, errNoAnswer
		}
		if len(l.set.Password) == 0 {
			l.asked = SecondPassword
			return nil, errNoAnswer
		}
		password, err := l.passwordOnce(now(), "keyboard-interactive")
		if err != nil {
			return nil, err
		}
		return []string{password}, nil
	}
}

// codeWords are what questions for a one-time code are known by: those of
// google-authenticator, Duo, SecurID, privacyIDEA, LinOTP, Okta and oath-toolkit.
var codeWords = []string{
	"verification", "one-time", "one time", "otp", "token", "passcode", "code", "duo", "factor", "authenticator", "yubikey", "challenge", "response", "pin:",
}

// classifyQuestion tells what the server wants; nothing means the password.
// Servers may ask for it in any language, so what is not known is taken for it.
func classifyQuestion(instruction string, questions []string, echos []bool) Question {
	words := strings.ToLower(strings.Join(questions, " "))
	contains := func(text string) func(string) bool {
		return func(word string) bool { return strings.Contains(text, word) }
	}
	switch {
	case slices.ContainsFunc([]string{"new password", "new unix password", "retype", "current password", "(current)"}, contains(words)),
		strings.Contains(strings.ToLower(instruction), "expired"):
		return NewPassword
	case slices.ContainsFunc(codeWords, contains(words)):
		return OneTimeCode
	case len(questions) > 1 || len(echos) > 0 && echos[0]:
		return OtherQuestion
	}
	return ""
}

func (l *login) authError() error {
	refused := &AuthError{
		User: l.endpoint.user, Address: l.endpoint.address(), Via: l.via, Tried: l.tried, Password: l.password != nil || l.spent != "",
		Accepted: l.accepted, Asked: l.asked, Notes: slices.Clone(l.set.Notes),
	}
	if l.spent != "" {
		refused.Notes = append(refused.Notes, l.spent)
	}
	if !slices.Contains(l.tried, "publickey") {
		return refused
	}
	for _, signer := range l.set.Signers {
		public := signer.PublicKey()
		refused.Keys = append(refused.Keys, fmt.Sprintf("%s %s", public.Type(), ssh.FingerprintSHA256(public)))
	}
	return refused
}
