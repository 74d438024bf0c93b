package sshserver

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/sftp"
)

// openSFTP logs in and opens the subsystem.
func openSFTP(t *testing.T, server *Server, key *Key) *sftp.Client {
	t.Helper()
	client, err := sftp.NewClient(dial(t, server, key))
	if err != nil {
		t.Fatalf("cannot open SFTP: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() }) // broken by some tests
	return client
}

// upload writes a file over SFTP and returns the first failure.
func upload(client *sftp.Client, path, content string) error {
	file, err := client.Create(path)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, content)
	return errors.Join(err, file.Close())
}

func statusCode(err error) uint32 {
	var status *sftp.StatusError
	if errors.As(err, &status) {
		return status.Code
	}
	return statusOK
}

func TestSFTP_writesSyncsAndReplaces(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	client := openSFTP(t, server, key)
	file, err := client.OpenFile("temporary", os.O_CREATE|os.O_EXCL|os.O_WRONLY)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "new"); err != nil {
		t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		t.Errorf("fsync: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := upload(client, "final", "old"); err != nil {
		t.Fatal(err)
	}
	if err := client.Rename("temporary", "final"); statusCode(err) != statusFailure {
		t.Errorf("rename over a file: %v, want a failure as OpenSSH's", err)
	}
	if err := client.PosixRename("temporary", "final"); err != nil {
		t.Errorf("posix-rename: %v", err)
	}
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(home, "final")); string(content) != "new" {
		t.Errorf("file holds %q (%v), want %q", content, err, "new")
	}
	if path, err := client.RealPath("."); err != nil || path != home {
		t.Errorf("the start is %q (%v), want the home %q", path, err, home)
	}
	want := map[string]int{
		"init": 1, "open": 2, "write": 2, "close": 2, "rename": 1, "realpath": 1,
		extensionFsync: 1, extensionPosixRename: 1,
	}
	if diff := cmp.Diff(want, server.Counters().SFTPRequests); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
}

func TestSFTP_extensionsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users, SFTPExtensions: []string{}})
	client := openSFTP(t, server, key)
	for _, extension := range []string{extensionFsync, extensionPosixRename, extensionHardlink} {
		if _, announced := client.HasExtension(extension); announced {
			t.Errorf("%s is announced", extension)
		}
	}
	if err := upload(client, "a", "x"); err != nil {
		t.Fatal(err)
	}
	if err := client.PosixRename("a", "b"); statusCode(err) != statusUnsupported {
		t.Errorf("posix-rename: %v, want it unsupported", err)
	}
	if err := client.Rename("a", "b"); err != nil {
		t.Errorf("rename to a new name: %v", err)
	}
}

func TestSFTP_statusesAreWordedAsOpenSSHs(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	client := openSFTP(t, server, key)
	err := client.RemoveDirectory("missing/directory")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	if err := upload(client, "file", ""); err != nil {
		t.Fatal(err)
	}
	err = client.Mkdir("file")
	var status *sftp.StatusError
	if !errors.As(err, &status) || !strings.Contains(status.Error(), `"Failure"`) {
		t.Errorf("directory in place of a file: %v, want the bare word Failure", err)
	}
}

func TestSFTP_isRefusedToAccountsWithout(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	user := users["gnss"]
	user.NoSFTP = true
	users["gnss"] = user
	server := start(t, Options{Users: users})
	if err := openSession(t, dial(t, server, key)).RequestSubsystem("sftp"); err == nil {
		t.Error("SFTP was granted")
	}
	want := []Command{{User: "gnss", Type: "subsystem", Text: "sftp", Environment: map[string]string{}}}
	if diff := cmp.Diff(want, server.Commands()); diff != "" {
		t.Errorf("commands differ (-want +got):\n%s", diff)
	}
}

func TestSFTP_forcedOnEveryCommand(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	user := users["gnss"]
	user.Exec = ExecForceSFTP
	users["gnss"] = user
	server := start(t, Options{Users: users})
	session := openSession(t, dial(t, server, key))
	input, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("cat /etc/passwd"); err != nil {
		t.Fatal(err)
	}
	client, err := sftp.NewClientPipe(output, input)
	if err != nil {
		t.Fatalf("the command is not SFTP: %v", err)
	}
	if err := upload(client, "file", "content"); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := session.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

func TestFault_sftpInputIsCutAfterTheBytes(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	server.SetFaults(Fault{Point: Stdin, After: 9}) // the whole INIT packet
	client, err := sftp.NewClient(dial(t, server, key))
	if err == nil { // else the answer to INIT was lost too
		err = upload(client, "file", "content")
	}
	if err == nil {
		t.Error("the upload worked on a broken connection")
	}
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(home, "file")); !os.IsNotExist(err) {
		t.Errorf("the file is there (%v), want its OPEN lost", err)
	}
}

func TestSFTPFilter_survivesMalformedPackets(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	packets := map[string][]byte{
		"empty":            {0, 0, 0, 0},
		"too long":         {0xff, 0xff, 0xff, 0xff, 1},
		"cut short":        {0, 0, 0, 5, 1, 0},
		"unknown type":     {0, 0, 0, 5, 99, 0, 0, 0, 1},
		"short rename":     {0, 0, 0, 3, sftpRename, 0, 0},
		"short extended":   {0, 0, 0, 2, sftpExtended, 0},
		"no extended name": {0, 0, 0, 5, sftpExtended, 0, 0, 0, 1},
	}
	for name, packet := range packets {
		session := openSession(t, dial(t, server, key))
		session.Stdin = strings.NewReader(string(slices.Concat([]byte{0, 0, 0, 5, 1, 0, 0, 0, 3}, packet)))
		session.Stdout = io.Discard
		if err := session.RequestSubsystem("sftp"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := session.Close(); err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := upload(openSFTP(t, server, key), "file", "content"); err != nil {
		t.Errorf("after malformed packets: %v", err)
	}
}
