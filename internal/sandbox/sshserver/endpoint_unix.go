//go:build unix

package sshserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// endpoint is a TCP port that is either listened on or only held: bound without
// listening, so that nobody else gets it and connecting is refused.
type endpoint struct {
	address  string
	listener net.Listener
	held     int // file descriptor, -1 when there is none
}

// reserve takes the address without listening; port 0 picks a free one.
func reserve(address string) (*endpoint, error) {
	socket, err := bindOnly(address)
	if err != nil {
		return nil, err
	}
	result := &endpoint{held: socket}
	bound, err := unix.Getsockname(socket)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("getsockname: %w", err), result.close())
	}
	switch bound := bound.(type) {
	case *unix.SockaddrInet4:
		result.address = net.JoinHostPort(net.IP(bound.Addr[:]).String(), strconv.Itoa(bound.Port))
	case *unix.SockaddrInet6:
		result.address = net.JoinHostPort(net.IP(bound.Addr[:]).String(), strconv.Itoa(bound.Port))
	}
	return result, nil
}

// start listens and returns the new listener, or nil when it did already.
func (e *endpoint) start() (net.Listener, error) {
	if e.listener != nil {
		return nil, nil
	}
	if err := unix.Listen(e.held, unix.SOMAXCONN); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	file := os.NewFile(uintptr(e.held), "listener")
	e.held = -1
	listener, err := net.FileListener(file) // works on a duplicate
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	e.listener = listener
	return listener, nil
}

// stop ends the listening and holds the port: the socket that holds it is bound
// before the other one goes, or somebody else could take the port in between.
func (e *endpoint) stop() error {
	if e.listener == nil {
		return nil
	}
	held, err := bindOnly(e.address)
	if err != nil {
		return err
	}
	e.held = held
	err = e.listener.Close()
	e.listener = nil
	return err
}

func (e *endpoint) close() error {
	if e.listener != nil {
		err := e.listener.Close()
		e.listener = nil
		return err
	}
	if e.held < 0 {
		return nil
	}
	err := unix.Close(e.held)
	e.held = -1
	return err
}

// bindOnly gives a socket bound to the address that does not listen.
func bindOnly(address string) (int, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return -1, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return -1, err
	}
	var family int
	var where unix.Sockaddr
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host).To4(); ip != nil {
		family, where = unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: [4]byte(ip)}
	} else {
		family, where = unix.AF_INET6, &unix.SockaddrInet6{Port: port, Addr: [16]byte(net.ParseIP(host).To16())}
	}
	socket, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	unix.CloseOnExec(socket)
	for _, option := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, option, 1); err != nil {
			return -1, errors.Join(fmt.Errorf("setsockopt: %w", err), unix.Close(socket))
		}
	}
	if err := unix.Bind(socket, where); err != nil {
		return -1, errors.Join(fmt.Errorf("bind: %w", err), unix.Close(socket))
	}
	return socket, nil
}
