package examples_test

import (
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// step is one step of a workflow's only job.
type step struct {
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	Env  map[string]string `yaml:"env"`
}

// workflow reads the steps of an example's GitHub workflow that run commands.
func workflow(t *testing.T, example, name string) []step {
	t.Helper()
	var document struct {
		Jobs map[string]struct {
			Steps []step `yaml:"steps"`
		} `yaml:"jobs"`
	}
	file := filepath.Join(root, "examples", "deployments", example, "workflows", name)
	if err := yaml.Unmarshal([]byte(readFile(t, file)), &document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var steps []step
	for _, job := range document.Jobs {
		for _, step := range job.Steps {
			if step.Run != "" {
				steps = append(steps, step)
			}
		}
	}
	if len(steps) == 0 {
		t.Fatalf("%s has no step that runs a command", file)
	}
	return steps
}

// GitHub would take every workflow of the examples.
func TestWorkflows_actionlint(t *testing.T) {
	t.Parallel()
	actionlint := filepath.Join(root, ".cache", "bin", lab.Executable("actionlint"))
	actionlint, err := filepath.Abs(actionlint)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "deployments", "*", "workflows", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d workflows found: %v", len(files), err)
	}
	for i := range files {
		if files[i], err = filepath.Abs(files[i]); err != nil {
			t.Fatal(err)
		}
	}
	lab.NeedPart(t, actionlint)
	if output, status := lab.Run(t, root, nil, actionlint, append([]string{"-config-file", script(t, "actionlint.yaml")}, files...)...); status != 0 {
		t.Error(output)
	}
}
