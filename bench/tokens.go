package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

const tokenRequests = "requests"

// load is how many ask for a token.
type load struct{ consumers, aliases, runs int }

// wholeLife is what is done with each configuration.
var wholeLife = [][]string{
	{"validate"},
	{"plan", "-input=false", "-out=saved.tfplan"},
	{"apply", "-input=false", "-auto-approve", "saved.tfplan"},
	{"destroy", "-input=false", "-auto-approve"},
}

// tokens counts requests and takes the time of whole lives of a configuration, by the number of consumers.
func (b *bench) tokens() error {
	server, err := identity.Start(identity.Options{AccessTokenLifetime: 24 * time.Hour})
	if err != nil {
		return err
	}
	defer server.Close()
	out := b.document.table("Tokens: requests and time for validate, plan, apply and destroy",
		"An expired login, then consumers of a token. The CLI wrapper is a `terraform_data` with `local-exec` that calls `es user "+
			"get-access-token` for each consumer; the provider without a disk cache refreshes in memory with golang.org/x/oauth2. "+
			"The wrapper was not run with 1,000 consumers or several runs at once, which would take minutes a round, and once with 100. "+
			"For 1,000 consumers the state is kept by Terraform's http backend.",
		"consumers", "aliases", "runs at once", "way", "token requests", "wall, s", "cpu, s", "wall over ours")
	loads := []load{{1, 1, 1}, {10, 1, 1}, {100, 1, 1}, {1000, 1, 1}, {100, 3, 1}, {100, 3, 8}}
	if b.quick {
		loads = []load{{10, 1, 1}}
	}
	if b.es == "" {
		b.skip("the CLI wrapper: there is no es")
	}
	most := 0.0
	for _, l := range loads {
		outcomes, err := b.tokensUnder(server, l)
		if err != nil {
			return err
		}
		ours := outcomes[0]
		most = max(most, ours.figure(tokenRequests).most)
		for _, o := range outcomes {
			out.row(fmt.Sprint(l.consumers), fmt.Sprint(l.aliases), fmt.Sprint(l.runs), o.name, o.figure(tokenRequests).text(),
				o.figure(wallSeconds).text(), o.figure(cpuSeconds).text(), times(o.figure(wallSeconds).over(ours.figure(wallSeconds))))
			if l == (load{100, 1, 1}) && o.name == cliWrapper {
				b.document.goal(goal{
					what: "100 consumers, time of the CLI wrapper over ours", limit: 50, atLeast: true, unit: "x", short: true,
					got: o.figure(wallSeconds).over(ours.figure(wallSeconds)),
				})
			}
		}
	}
	b.document.goal(goal{what: "token requests in a lifetime, most of any load", got: most, limit: 1, short: true})
	return nil
}

const cliWrapper = "CLI wrapper"

func (b *bench) tokensUnder(server *identity.Server, l load) ([]outcome, error) {
	contenders := []contender{
		b.tokenContender(server, l, tokenWay{name: "ours", configuration: consumers("earthscope", l)}),
		b.tokenContender(server, l, tokenWay{name: "no disk cache", configuration: consumers("uncached", l), byEnvironment: true}),
	}
	if b.es != "" && l.consumers <= 100 && l.aliases == 1 && l.runs == 1 {
		wrapper := b.tokenContender(server, l, tokenWay{name: cliWrapper, configuration: b.cliConsumers(l)})
		if l.consumers >= 100 {
			wrapper.rounds = 1 // a round takes more than a minute
		}
		contenders = append(contenders, wrapper)
	}
	rounds := 3
	if l.consumers >= 1000 || l.runs > 1 {
		rounds = 2
	}
	return b.compete(fmt.Sprintf("tokens, %d consumers, %d aliases, %d runs", l.consumers, l.aliases, l.runs), b.rounds(rounds), contenders...)
}

// tokenWay is a configuration whose consumers get tokens.
type tokenWay struct {
	name, configuration string
	byEnvironment       bool // the refresh token is in the environment instead of a login
}

// tokenContender runs a configuration in several workspaces that share a home.
func (b *bench) tokenContender(server *identity.Server, l load, way tokenWay) contender {
	var workspaces []*workspace
	return contender{
		name: way.name,
		prepare: func() error {
			home, err := b.freshHome()
			if err != nil {
				return err
			}
			token := server.Login(identity.User{}).RefreshToken
			environment := serverSettings(server)
			if way.byEnvironment {
				environment = append(environment, "ES_OAUTH2__REFRESH_TOKEN="+token)
			} else if err := saveExpiredLogin(home, token); err != nil {
				return err
			}
			workspaces = nil
			for range l.runs {
				w, err := b.workspace(home, way.configuration, environment...)
				if err == nil {
					err = b.keepStateRemotely(w, l.consumers)
				}
				if err != nil {
					return err
				}
				workspaces = append(workspaces, w)
			}
			server.ResetRequests()
			return nil
		},
		run: func() (metrics, error) {
			var mutex sync.Mutex
			cpu, failures := 0.0, error(nil)
			got, err := spent(func() error {
				var group sync.WaitGroup
				for _, w := range workspaces {
					group.Go(func() {
						used, err := w.runAll(wholeLife...)
						mutex.Lock()
						defer mutex.Unlock()
						cpu += used[cpuSeconds]
						failures = errors.Join(failures, err)
					})
				}
				group.Wait()
				return failures
			})
			got[cpuSeconds], got[tokenRequests] = cpu, float64(server.Requests().TokenRequests())
			for _, w := range workspaces {
				_ = os.RemoveAll(w.folder)
			}
			return got, err
		},
	}
}

// consumers are a provider's data sources for an access token, spread over its aliases.
func consumers(provider string, l load) string {
	var text strings.Builder
	for alias := range l.aliases {
		fmt.Fprintf(&text, "provider %q {\n  alias = \"a%d\"\n}\ndata \"%s_access_token\" \"a%d\" {\n  count = %d\n  provider = %s.a%d\n}\n",
			provider, alias, provider, alias, share(l, alias), provider, alias)
	}
	return text.String()
}

// share is how many consumers an alias has.
func share(l load, alias int) int {
	count := l.consumers / l.aliases
	if alias < l.consumers%l.aliases {
		count++
	}
	return count
}

func (b *bench) cliConsumers(l load) string {
	return fmt.Sprintf("resource \"terraform_data\" \"token\" {\n  count = %d\n  provisioner \"local-exec\" {\n    command = \"%s user get-access-token >/dev/null\"\n    quiet = true\n  }\n}\n",
		l.consumers, filepath.ToSlash(b.es))
}
