package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Metrics of a run, by name.
const (
	wallSeconds = "wall" // from start to end
	cpuSeconds  = "cpu"  // user and system, of the program and all that it waited for
)

// metrics are what one run cost.
type metrics map[string]float64

// contender is one way of doing the job. Prepare runs before every round and is not measured; run is one round.
type contender struct {
	name    string
	prepare func() error
	run     func() (metrics, error)
	rounds  int // at most so many, 0 for all; of one that takes long
}

// outcome is what a contender cost over all rounds.
type outcome struct {
	name    string
	figures map[string]figure
}

// figure is what a metric came to; one that was not measured is no number.
func (o outcome) figure(name string) figure {
	if f, measured := o.figures[name]; measured {
		return f
	}
	return summarize(nil)
}

// compete runs the contenders in turn, A B C A B C, so that a machine that grows slower or faster meets all of them
// alike. The first failure ends it: a contender that fails must not look fast.
func (b *bench) compete(what string, rounds int, contenders ...contender) ([]outcome, error) {
	values := make([]map[string][]float64, len(contenders))
	for round := range rounds {
		for i, c := range contenders {
			if c.rounds > 0 && round >= c.rounds {
				continue
			}
			b.progress("%s: %s, round %d of %d", what, c.name, round+1, rounds)
			if c.prepare != nil {
				if err := c.prepare(); err != nil {
					return nil, fmt.Errorf("%s: prepare %s: %w", what, c.name, err)
				}
			}
			got, err := c.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", what, c.name, err)
			}
			if values[i] == nil {
				values[i] = map[string][]float64{}
			}
			for name, value := range got {
				values[i][name] = append(values[i][name], value)
			}
		}
	}
	outcomes := make([]outcome, len(contenders))
	for i, c := range contenders {
		outcomes[i] = outcome{name: c.name, figures: map[string]figure{}}
		for name, all := range values[i] {
			outcomes[i].figures[name] = summarize(all)
		}
	}
	return outcomes, nil
}

// spent measures work that is not a program of its own.
func spent(work func() error) (metrics, error) {
	start := time.Now()
	err := work()
	return metrics{wallSeconds: time.Since(start).Seconds()}, err
}

// add sums up the runs of one round.
func (m metrics) add(other metrics) metrics {
	sum := metrics{}
	for _, part := range []metrics{m, other} {
		for name, value := range part {
			sum[name] += value
		}
	}
	return sum
}

// program is a command that can be run again and again.
type program struct {
	folder      string
	environment []string
	path        string
	input       string // on standard input
}

// run runs the program once. Its output is read and, if it fails, shown by its end.
func (p program) run(arguments ...string) (metrics, error) {
	command := exec.Command(p.path, arguments...) //nolint:gosec,noctx // runs what this benchmark has installed itself
	command.Dir, command.Env = p.folder, p.environment
	if p.input != "" {
		command.Stdin = strings.NewReader(p.input)
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	start := time.Now()
	err := command.Run()
	wall := time.Since(start)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(p.path), strings.Join(arguments, " "), err, tail(output.String()))
	}
	state := command.ProcessState
	return metrics{wallSeconds: wall.Seconds(), cpuSeconds: (state.UserTime() + state.SystemTime()).Seconds()}, nil
}

// runAll runs the program once with each list of arguments and sums up.
func (p program) runAll(commands ...[]string) (metrics, error) {
	sum := metrics{}
	for _, arguments := range commands {
		got, err := p.run(arguments...)
		if err != nil {
			return nil, err
		}
		sum = sum.add(got)
	}
	return sum, nil
}

// tail is the end of a program's output.
func tail(output string) string {
	const most = 2000
	if len(output) > most {
		return "..." + output[len(output)-most:]
	}
	return output
}

// write makes a file with its folders.
func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
