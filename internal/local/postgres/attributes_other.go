//go:build !linux

package postgres

import "syscall"

// serverAttributes returns attributes that keep a terminal's Ctrl-C from the server.
func serverAttributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: owner}
}
