package postgres

import "syscall"

// serverAttributes keep a terminal's Ctrl-C from the server, and end it with
// the keeper even where that is killed.
func serverAttributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: owner, Pdeathsig: syscall.SIGQUIT}
}
