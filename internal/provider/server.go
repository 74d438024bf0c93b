package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// Serve serves the provider to Terraform until that ends the connection. With
// debug it prints the variable by which Terraform finds it, and Ctrl-C ends it;
// without, and where nobody asked for a log, nothing is logged.
func Serve(version string, dependencies Dependencies, debug bool) error {
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	} else if err := quiet(dependencies.Environ); err != nil {
		return err
	}
	return tf6server.Serve(Address, NewServer(version, dependencies), options...)
}

// NewServer returns what makes a protocol server of the provider.
func NewServer(version string, dependencies Dependencies) func() tfprotov6.ProviderServer {
	create := New(version, dependencies)
	return func() tfprotov6.ProviderServer { return withLastWord(providerserver.NewProtocol6(create())()) }
}

// protocolServer is everything that the framework serves. Terraform is told of
// optional parts by type, so that a wrapper must have them all.
type protocolServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
	tfprotov6.ListResourceServer
	tfprotov6.StateStoreServer
}

// lastWord is a server that lets an action that was stopped say how it ended.
// Once it has answered the request to stop, terraform-plugin-go drops what
// running actions still send, and Terraform takes the silence for success: after
// Ctrl-C a login that was cut counted as done. So the answer to that request
// waits for the running actions, which end within one request to a server.
type lastWord struct {
	protocolServer

	running sync.WaitGroup
}

func withLastWord(server tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	full, ok := server.(protocolServer)
	if !ok {
		return server
	}
	return &lastWord{protocolServer: full}
}

// InvokeAction implements tfprotov6.ActionServer.
func (s *lastWord) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	s.running.Add(1)
	stream, err := s.protocolServer.InvokeAction(ctx, req)
	if err != nil {
		s.running.Done()
		return nil, err
	}
	events := stream.Events
	stream.Events = func(push func(tfprotov6.InvokeActionEvent) bool) {
		defer s.running.Done()
		events(push)
	}
	return stream, nil
}

// StopProvider implements tfprotov6.ProviderServer.
func (s *lastWord) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	response, err := s.protocolServer.StopProvider(ctx, req)
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return response, err
}
