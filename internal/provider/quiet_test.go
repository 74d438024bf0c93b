package provider

import (
	"os"
	"testing"
)

func TestQuiet(t *testing.T) {
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"nobody asked":       {[]string{"PATH=/bin", "TF_CLI_ARGS=-no-color"}, "OFF"},
		"set to nothing":     {[]string{"TF_LOG="}, "OFF"},
		"everything":         {[]string{"TF_LOG=DEBUG"}, ""},
		"providers":          {[]string{"TF_LOG_PROVIDER=INFO"}, ""},
		"a part of this one": {[]string{"TF_LOG_PROVIDER_EARTHSCOPE_SESSION=DEBUG"}, ""},
		"a library":          {[]string{"TF_LOG_SDK_PROTO=TRACE"}, ""},
		"a file":             {[]string{"TF_LOG_PATH=terraform.log"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range quietVariables {
				t.Setenv(variable, "")
			}
			if err := quiet(test.environ); err != nil {
				t.Fatal(err)
			}
			for _, variable := range quietVariables {
				if got := os.Getenv(variable); got != test.want {
					t.Errorf("%s = %q, want %q", variable, got, test.want)
				}
			}
		})
	}
}
