package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// ContainerSecret is an element of "secrets" in a container definition of ECS
// or AWS Batch: the container's environment variable Name gets the value that
// the store keeps at ValueFrom when the task starts.
type ContainerSecret struct{ Name, ValueFrom string }

// reference is what ECS and Batch take as valueFrom: the ARN of a secret in
// Secrets Manager, perhaps with a JSON key, or of a parameter, or a parameter's
// path. A parameter's bare name is valid there too but refused here, since a
// token looks just the same.
var reference = regexp.MustCompile(`^(arn:aws[a-z-]*:(secretsmanager|ssm):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9/_+=.@:!-]+|/[A-Za-z0-9_./-]+)$`)

// ContainerSecrets returns the list for settings whose values are kept in a
// secret store, sorted by variable. Keys are settings, or ES_BOOTSTRAP_SETTINGS
// for a secret that holds all of them as JSON. Nil references are left out.
// Errors are *Error.
func ContainerSecrets(references map[string]*string) ([]ContainerSecret, error) {
	list := []ContainerSecret{}
	for _, key := range slices.Sorted(maps.Keys(references)) {
		name := key
		if key != bootstrap.BootstrapVariable {
			known, found := settings.LookupKnown(key)
			if !found {
				return nil, unknownKey(ParameterSecrets, key)
			}
			name = known.Environment
		}
		at := references[key]
		if at == nil {
			continue
		}
		if !reference.MatchString(*at) {
			return nil, &Error{Parameter: ParameterSecrets, Key: key, Detail: fmt.Sprintf("%s must be a reference, not a value: the ARN of a secret in Secrets Manager "+
				"or of a parameter in Parameter Store, or the parameter's path, which starts with a slash.", key)}
		}
		list = append(list, ContainerSecret{Name: name, ValueFrom: *at})
	}
	slices.SortFunc(list, func(a, b ContainerSecret) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list, nil
}
