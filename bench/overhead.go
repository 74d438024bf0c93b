package main

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// floorConsumer and its like are configurations of n instances.
func floorConsumer(n int) string {
	return fmt.Sprintf("resource \"terraform_data\" \"one\" {\n  count = %d\n  input = \"x\"\n}\n", n)
}

func emptyConsumer(n int) string {
	return fmt.Sprintf("data \"empty_nothing\" \"one\" {\n  count = %d\n}\n", n)
}

var hashicorpConsumers = map[string]string{
	"local":  "data \"local_file\" \"one\" {\n  filename = \"main.tf\"\n}\n",
	"random": "resource \"random_id\" \"one\" {\n  byte_length = 4\n}\n",
	"tls":    "data \"tls_public_key\" \"one\" {\n  private_key_pem = tls_private_key.one.private_key_pem\n}\nresource \"tls_private_key\" \"one\" {\n  algorithm = \"ED25519\"\n}\n",
}

const (
	planSeconds  = "plan"
	applySeconds = "apply"
)

// overhead compares plans and applies with the least that any provider costs.
func (b *bench) overhead() error {
	server, err := identity.Start(identity.Options{AccessTokenLifetime: 24 * time.Hour})
	if err != nil {
		return err
	}
	defer server.Close()
	home, err := b.freshHome()
	if err != nil {
		return err
	}
	if _, err := server.Login(identity.User{}).WriteHome(home); err != nil { // with a fresh access token
		return err
	}
	if err := b.oneConsumer(server, home); err != nil {
		return err
	}
	if err := b.thousandConsumers(server, home); err != nil {
		return err
	}
	return b.startUp(server, home)
}

// planApply is a contender that plans and applies anew in each round.
func (b *bench) planApply(server *identity.Server, home, name, configuration string, instances int) (contender, error) {
	w, err := b.workspace(home, configuration, serverSettings(server)...)
	if err == nil {
		err = b.keepStateRemotely(w, instances)
	}
	return contender{name: name, prepare: func() error { return w.forget() }, run: func() (metrics, error) {
		plan, err := w.run("plan", "-input=false", "-out=saved.tfplan")
		if err != nil {
			return nil, err
		}
		apply, err := w.run("apply", "-input=false", "-auto-approve", "saved.tfplan")
		if err != nil {
			return nil, err
		}
		return metrics{planSeconds: plan[wallSeconds], applySeconds: apply[wallSeconds], cpuSeconds: plan[cpuSeconds] + apply[cpuSeconds]}, nil
	}}, err
}

func (b *bench) oneConsumer(server *identity.Server, home string) error {
	configurations := [][2]string{
		{"ours", consumers("earthscope", load{1, 1, 1})}, {"terraform_data alone", floorConsumer(1)}, {"empty framework provider", emptyConsumer(1)},
	}
	for _, name := range []string{"local", "random", "tls"} {
		if b.hashicorp[name] == "" {
			b.skip("hashicorp/%s: not built", name)
			continue
		}
		configurations = append(configurations, [2]string{"hashicorp/" + name, hashicorpConsumers[name]})
	}
	var contenders []contender
	for _, c := range configurations {
		one, err := b.planApply(server, home, c[0], c[1], 1)
		if err != nil {
			return err
		}
		contenders = append(contenders, one)
	}
	outcomes, err := b.compete("overhead, one consumer", b.rounds(9), contenders...)
	if err != nil {
		return err
	}
	out := b.document.table("Overhead: plan and apply with one consumer and a fresh token",
		"terraform_data is built into Terraform and starts no process; every other row starts its provider for each step.",
		"provider", "plan, s", "apply, s", "cpu of both, s", "plan over ours")
	for _, o := range outcomes {
		out.row(o.name, o.figure(planSeconds).text(), o.figure(applySeconds).text(), o.figure(cpuSeconds).text(),
			times(o.figure(planSeconds).over(outcomes[0].figure(planSeconds))))
	}
	ours := outcomes[0].figure(planSeconds)
	for _, o := range outcomes[1:] {
		switch o.name {
		case "hashicorp/local":
			b.document.goal(goal{what: "plan with one consumer, over hashicorp/local's", got: ours.over(o.figure(planSeconds)), limit: 1, unit: "x"})
		case "empty framework provider":
			b.document.goal(goal{what: "plan with one consumer, over an empty framework provider's", got: ours.over(o.figure(planSeconds)), limit: 1.1, unit: "x", short: true})
		}
	}
	return nil
}

// thousandConsumers takes the cost of one more consumer from plans with one and with a thousand.
func (b *bench) thousandConsumers(server *identity.Server, home string) error {
	many := 1000
	if b.quick {
		many = 50
	}
	var contenders []contender
	for _, c := range []struct {
		name, text string
		instances  int
	}{
		{"ours, one", consumers("earthscope", load{1, 1, 1}), 1},
		{"ours, many", consumers("earthscope", load{many, 1, 1}), many},
		{"terraform_data, one", floorConsumer(1), 1},
		{"terraform_data, many", floorConsumer(many), many},
		{"empty, one", emptyConsumer(1), 1},
		{"empty, many", emptyConsumer(many), many},
	} {
		one, err := b.planApply(server, home, c.name, c.text, c.instances)
		if err != nil {
			return err
		}
		contenders = append(contenders, one)
	}
	outcomes, err := b.compete("overhead, many consumers", b.rounds(5), contenders...)
	if err != nil {
		return err
	}
	out := b.document.table(fmt.Sprintf("Overhead: %d consumers", many),
		"The cost of a consumer is what plan and apply take more with many than with one, divided by their number. The state of many is "+
			"kept by Terraform's http backend.",
		"provider", "plan, s", "apply, s", "plan and apply, ms a consumer", "over terraform_data's")
	perConsumer := func(pair int) float64 {
		total := func(o outcome) float64 { return o.figure(planSeconds).median + o.figure(applySeconds).median }
		return (total(outcomes[pair+1]) - total(outcomes[pair])) / float64(many-1) * 1000
	}
	for pair := 0; pair < len(outcomes); pair += 2 {
		o := outcomes[pair+1]
		out.row(o.name, o.figure(planSeconds).text(), o.figure(applySeconds).text(), number(perConsumer(pair)), times(perConsumer(pair)/perConsumer(2)))
	}
	b.document.goal(goal{what: fmt.Sprintf("%d consumers: cost of one, over terraform_data's", many), got: perConsumer(0) / perConsumer(2), limit: 1.5, unit: "x"})
	return nil
}

// startUp compares sizes, the time until a provider can be called, and its memory.
func (b *bench) startUp(server *identity.Server, home string) error {
	programs := [][2]string{{"ours", b.provider}, {"empty framework provider", b.empty}}
	for _, name := range []string{"local", "random", "tls"} {
		if b.hashicorp[name] != "" {
			programs = append(programs, [2]string{"hashicorp/" + name, b.hashicorp[name]})
		}
	}
	var contenders []contender
	for _, p := range programs {
		contenders = append(contenders, contender{name: p[0], run: func() (metrics, error) { return firstCall(p[1]) }})
	}
	outcomes, err := b.compete("start-up", b.rounds(15), contenders...)
	if err != nil {
		return err
	}
	out := b.document.table("Start-up and size",
		"From starting the program to its answer to the first call, GetProviderSchema. Binaries are stripped; HashiCorp's are built here from their modules.",
		"provider", "start to handshake, ms", "start to first answer, ms", "over the empty one", "binary, MiB")
	size := math.NaN()
	for i, o := range outcomes {
		info, err := os.Stat(programs[i][1])
		if err != nil {
			return err
		}
		mebibytes := float64(info.Size()) / (1 << 20)
		if i == 0 {
			size = mebibytes
		}
		out.row(o.name, o.figure(handshakeMilliseconds).text(), o.figure(firstCallMilliseconds).text(), times(o.figure(firstCallMilliseconds).over(outcomes[1].figure(firstCallMilliseconds))), number(mebibytes))
	}
	b.document.goal(goal{what: "binary, stripped", got: size, limit: 25, unit: " MiB"})
	b.document.goal(goal{
		what: "start to first answer, over an empty framework provider's", limit: 1.15, unit: "x",
		got: outcomes[0].figure(firstCallMilliseconds).over(outcomes[1].figure(firstCallMilliseconds)),
	})
	return b.memory(server, home)
}

// memory watches a provider during a plan.
func (b *bench) memory(server *identity.Server, home string) error {
	out := b.document.table("Memory", "The most that the provider's process held in memory while Terraform planned and applied, read from the kernel.",
		"provider", "consumers", "resident, MiB")
	many := 1000
	if b.quick {
		many = 50
	}
	for _, c := range []struct {
		name, path string
		consumers  int
		text       string
	}{
		{"ours", b.provider, 1, consumers("earthscope", load{1, 1, 1})},
		{"ours", b.provider, many, consumers("earthscope", load{many, 1, 1})},
		{"empty framework provider", b.empty, 1, emptyConsumer(1)},
		{"empty framework provider", b.empty, many, emptyConsumer(many)},
	} {
		one, err := b.planApply(server, home, c.name, c.text, c.consumers)
		if err != nil {
			return err
		}
		var peaks []float64
		for range b.rounds(3) {
			if err := one.prepare(); err != nil {
				return err
			}
			peak, err := watch(c.path, func() error { _, err := one.run(); return err })
			if err != nil {
				return err
			}
			peaks = append(peaks, peak.resident/(1<<20))
		}
		out.row(c.name, fmt.Sprint(c.consumers), summarize(peaks).text())
	}
	return nil
}
