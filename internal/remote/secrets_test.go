package remote

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
)

// watcher looks again and again at every process and at a directory tree.
type watcher struct {
	secrets  [][]byte
	tree     string
	looks    int
	temps    int
	findings map[string]bool
}

func (w *watcher) processes() {
	for _, kind := range []string{"cmdline", "environ"} {
		paths, _ := filepath.Glob("/proc/[0-9]*/" + kind)
		for _, path := range paths {
			if strings.Contains(path, "/"+strconv.Itoa(os.Getpid())+"/") {
				continue
			}
			text, _ := os.ReadFile(path)
			for _, secret := range w.secrets {
				if bytes.Contains(text, secret) {
					w.findings[kind+" of a process holds a secret: "+string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))] = true
				}
			}
		}
	}
}

// files checks that whatever holds a secret, and every temporary file, can be
// read by its owner only.
func (w *watcher) files() {
	_ = filepath.WalkDir(w.tree, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // gone again
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // gone again
		}
		temp := strings.HasPrefix(entry.Name(), files.TempPrefix)
		if temp {
			w.temps++
		}
		text, _ := os.ReadFile(path)
		for _, secret := range w.secrets {
			if (temp || bytes.Contains(text, secret)) && info.Mode().Perm()&0o077 != 0 {
				w.findings[path+" has mode "+info.Mode().String()] = true
			}
		}
		return nil
	})
}

// TestReal_secretsStayHidden watches the process list and the files from before
// the first write. The account's start-up files set the most careless umask.
func TestReal_secretsStayHidden(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	login, owner := makeAccount(t, "/bin/bash"), makeAccount(t, "/bin/bash")
	for _, a := range []*realAccount{login, owner} {
		if err := os.WriteFile(filepath.Join(a.home, ".bashrc"), []byte("umask 000\nset -o history\nHISTFILE=~/.bash_history\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mark := "SECRET-" + process.Nonce()
	password, passphrase := mark+"-sudo-password", mark+"-passphrase"
	mustRun(t, login.name+":"+password+"\n", "chpasswd")
	allowSudo(t, login, "ALL=("+owner.name+") ALL")
	key, err := login.key.PEM(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := login.key.PEM("")
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := delayproxy.Start("127.0.0.1:"+strconv.Itoa(d.port), delayproxy.Options{RTT: 60 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close() }()
	content := mark + "-content " + strings.Repeat("0123456789", 20000)
	w := &watcher{tree: filepath.Dir(login.home), findings: map[string]bool{}, secrets: [][]byte{[]byte(mark), keyBody(plain), keyBody(key)}}
	others := &watcher{tree: filepath.Dir(owner.home), findings: w.findings, secrets: w.secrets}
	ctx, stop := context.WithCancel(testContext(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			w.looks++
			w.processes()
			w.files()
			others.files()
		}
	}()
	needPart(t, "ssh")
	options := withProgram(t)
	pool := newPool(t, options)
	for _, transport := range []Transport{Native, OpenSSH} {
		target := d.target(login)
		target.Transport = transport
		target.Auth = credential.Source{PrivateKeys: [][]byte{key}, Passphrase: []byte(passphrase), NoAgent: true}
		port := proxy.Address()[strings.LastIndex(proxy.Address(), ":")+1:]
		if target.Port, err = strconv.Atoi(port); err != nil {
			t.Fatal(err)
		}
		for _, become := range []*process.Become{nil, {User: owner.name, Password: []byte(password)}} {
			for _, text := range []string{content, content + "again"} {
				if _, err := pool.Transact(ctx, target, Transaction{Paths: threeFiles, Become: become, Edit: write(text)}); err != nil {
					t.Fatalf("%s: %v", transport, err)
				}
			}
			if _, err := pool.Read(ctx, target, become, threeFiles...); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkLocalFiles(t, w.secrets)
	stop()
	<-done
	for finding := range w.findings {
		t.Error(finding)
	}
	t.Logf("looked %d times, met temporary files %d times", w.looks, w.temps+others.temps)
	if w.looks < 10 || w.temps+others.temps == 0 {
		t.Errorf("looked %d times, met temporary files %d times: too few to mean anything", w.looks, w.temps+others.temps)
	}
	for _, a := range []*realAccount{login, owner} {
		if text, err := os.ReadFile(filepath.Join(a.home, ".bash_history")); err == nil && bytes.Contains(text, []byte(mark)) {
			t.Error("the shell's history holds a secret")
		} else if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

// keyBody returns the last full line of a private key, which no other key has.
func keyBody(pem []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(pem), []byte("\n"))
	return lines[len(lines)-3]
}

// checkLocalFiles looks into the directories that the openssh transport makes.
func checkLocalFiles(t *testing.T, secrets [][]byte) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), "es-*"))
	if err != nil || len(dirs) == 0 {
		t.Errorf("no directory of the openssh transport: %v", err)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %s", dir, info.Mode())
		}
		paths, _ := filepath.Glob(dir + "/*")
		for _, path := range paths {
			text, _ := os.ReadFile(path)
			for _, secret := range secrets {
				if bytes.Contains(text, secret) {
					t.Errorf("%s holds a secret", path)
				}
			}
		}
	}
}
