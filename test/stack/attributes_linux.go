package stack

import "syscall"

// attributes makes the program end with this process, however the process ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
