package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
)

// manyInstances is from how many instances on the state is kept by Terraform's http backend. In a local file Terraform writes
// the whole state anew for each instance, which would be most of what a thousand of them take.
const manyInstances = 400

// stateServer keeps states for Terraform's http backend, one for each path, in memory.
func stateServer() *httptest.Server {
	var mutex sync.Mutex
	states := map[string][]byte{}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		switch r.Method {
		case http.MethodGet:
			if state, there := states[r.URL.Path]; there {
				_, _ = w.Write(state)
				return
			}
			w.WriteHeader(http.StatusNotFound)
		case http.MethodPost:
			state, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			states[r.URL.Path] = state
		case http.MethodDelete:
			delete(states, r.URL.Path)
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
}

// keepStateRemotely makes Terraform keep the workspace's state in the bench's own server, if it has many instances.
func (b *bench) keepStateRemotely(w *workspace, instances int) error {
	if instances < manyInstances {
		return nil
	}
	w.state = b.states.URL + "/" + filepath.Base(w.folder)
	backend := fmt.Sprintf("terraform {\n  backend \"http\" {\n    address = %q\n  }\n}\n", w.state)
	if err := write(filepath.Join(w.folder, "backend.tf"), backend); err != nil {
		return err
	}
	// init would look for the providers, which are overridden: it sees the backend alone.
	configuration := filepath.Join(w.folder, "main.tf")
	if err := os.Rename(configuration, configuration+".aside"); err != nil {
		return err
	}
	if _, err := w.run("init", "-input=false"); err != nil {
		return err
	}
	return os.Rename(configuration+".aside", configuration)
}

// forgetState drops a state that is kept by the server.
func forgetState(address string) error {
	request, err := http.NewRequest(http.MethodDelete, address, http.NoBody) //nolint:noctx // this process itself
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
