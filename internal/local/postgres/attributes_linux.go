package postgres

import "syscall"

// serverAttributes returns attributes that keep a terminal's Ctrl-C from the server, and
// end the server with the keeper, even if the keeper is killed.
func serverAttributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: owner, Pdeathsig: syscall.SIGQUIT}
}
