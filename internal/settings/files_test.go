package settings

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestLoad_realFiles: with the real file system, as the SDK sees it.
func TestLoad_realFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the layout and the errors are those of other systems")
	}
	rows := []struct {
		name    string
		folders []string
		files   files
		token   string
		cause   error
	}{
		{"nothing", nil, nil, "", nil},
		{"tokens.json", nil, files{tokensPath: `{"refresh_token": "t"}`}, "t", nil},
		{"config.toml is a folder", []string{configPath}, files{tokensPath: `{"refresh_token": "t"}`}, "t", nil},
		{"tokens.json is a folder", []string{tokensPath}, nil, "", syscall.EISDIR},
		{"the profile is a file", nil, files{".earthscope/default": "x"}, "", syscall.ENOTDIR},
		{".earthscope is a file", nil, files{".earthscope": "x"}, "", syscall.ENOTDIR},
		{"sso_tokens.json is a folder", []string{".config/earthscope-cli/sso_tokens.json"}, nil, "", syscall.EISDIR},
		{"its folder is a file", nil, files{".config/earthscope-cli": "x"}, "", syscall.ENOTDIR},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			for _, folder := range row.folders {
				if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			for path, content := range row.files {
				full := filepath.Join(home, path)
				if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, warnings, err := Load(Request{Environ: []string{"HOME=" + home}, System: "linux"})
			if row.cause != nil {
				if !errors.Is(err, row.cause) {
					t.Errorf("error %v, want %v", err, row.cause)
				}
				return
			}
			if err != nil || len(warnings) != 0 || s.OAuth2.RefreshToken.Reveal() != row.token {
				t.Errorf("error %v, warnings %v", err, warnings)
			}
		})
	}
}

// TestLoad_openTokensFile uses the real permissions.
func TestLoad_openTokensFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "default", "tokens.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"refresh_token": "t"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := Request{ConfigDir: folder}
	if _, warnings := mustLoad(t, r); len(warnings) != 0 {
		t.Errorf("0600: warnings %v", warnings)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, warnings := mustLoad(t, r)
	if len(warnings) != 1 || !strings.Contains(warnings[0].Detail, "has mode 0644") {
		t.Errorf("0644: warnings %v", warnings)
	}
}

// TestLoad_onlyTheRequest: the process's own environment and home are not
// looked at.
func TestLoad_onlyTheRequest(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ES_OAUTH2__REFRESH_TOKEN", "process")
	t.Setenv("ES_PROFILE", "process")
	asked := []string{}
	s, _ := mustLoad(t, Request{ReadFile: func(path string) ([]byte, error) {
		asked = append(asked, path)
		return nil, os.ErrNotExist
	}})
	if got := changed(s); len(got) != 0 || len(asked) != 0 || s.Paths != (Paths{}) {
		t.Errorf("settings %v, files %v, paths %+v", got, asked, s.Paths)
	}
}

// BenchmarkLoad: a typical set of sources.
func BenchmarkLoad(b *testing.B) {
	r := request(files{
		configPath: "[default.http]\ntimeout_read = \"PT10S\"\n[profile.stage.oauth2]\ndomain = \"https://id.example/\"\nclient_id = \"c\"\n" +
			"allowed_hosts = [\"a.example\"]\n[profile.stage.resources]\napi_url = \"https://api.example/\"\n",
		".earthscope/stage/tokens.json": `{"access_token": "` + strings.Repeat("a", 1200) + `", "refresh_token": "r"}`,
	}, "PATH=/bin", "LANG=C.UTF-8", "ES_PROFILE=stage", "ES_OAUTH2__RETRY__ATTEMPTS=2")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Load(r); err != nil {
			b.Fatal(err)
		}
	}
}
