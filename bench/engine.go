package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// engineLine is a line of BenchmarkFleet in internal/remote.
var engineLine = regexp.MustCompile(`(?m)^BenchmarkFleet/(\w+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op.*?\s([0-9.]+) cpu-ms/host`)

// engine compares what this provider adds to SSH, without Terraform: the same command with the same input, on the same hosts.
func (b *bench) engine() error {
	hosts := 1000
	if b.quick {
		hosts = 20
	}
	program := filepath.Join(b.folder, "remote.test")
	build := exec.Command("go", "test", "-c", "-o", program, "./internal/remote") //nolint:gosec,noctx // go itself
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the benchmark of internal/remote: %w\n%s", err, output)
	}
	wall, cpu := map[string][]float64{}, map[string][]float64{}
	for round := range b.rounds(2) {
		b.progress("engine: %d hosts, round %d", hosts, round+1)
		command := exec.Command(program, "-test.run", "^$", "-test.bench", "Fleet", "-test.benchtime", "1x") //nolint:gosec,noctx // built above
		command.Dir, command.Env = filepath.Join("internal", "remote"), append(os.Environ(), "ES_BENCH_HOSTS="+strconv.Itoa(hosts))
		output, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("BenchmarkFleet: %w\n%s", err, tail(string(output)))
		}
		for name, values := range parseEngine(output) {
			wall[name], cpu[name] = append(wall[name], values[0]), append(cpu[name], values[1])
		}
	}
	b.engineTable(hosts, wall, cpu)
	return nil
}

func (b *bench) engineTable(hosts int, wall, cpu map[string][]float64) {
	out := b.document.table(fmt.Sprintf("The SSH engine alone: %d hosts behind one bastion, 32 at a time", hosts),
		"Without Terraform. Processor time includes that of the hosts, which run in the same process.",
		"way", "wall, s", "wall over ours", "processor, ms a host")
	ours := summarize(wall["engine"])
	for _, one := range [][2]string{{"engine", "ours"}, {"bare", "golang.org/x/crypto/ssh, same command and input"}, {"true", "golang.org/x/crypto/ssh, `true`"}} {
		f := summarize(wall[one[0]])
		out.row(one[1], f.text(), times(f.over(ours)), summarize(cpu[one[0]]).text())
	}
	b.document.goal(goal{what: fmt.Sprintf("%d hosts: the SSH engine over bare SSH with the same command", hosts), got: ours.over(summarize(wall["bare"])), limit: 1.3, unit: "x", short: true})
}

// parseEngine takes seconds and milliseconds of processor a host from what BenchmarkFleet prints, by way.
func parseEngine(output []byte) map[string][2]float64 {
	values := map[string][2]float64{}
	for _, match := range engineLine.FindAllSubmatch(output, -1) {
		nanoseconds, _ := strconv.ParseFloat(string(match[2]), 64)
		milliseconds, _ := strconv.ParseFloat(string(match[3]), 64)
		values[string(match[1])] = [2]float64{nanoseconds / 1e9, milliseconds}
	}
	return values
}
