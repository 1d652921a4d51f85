//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package screen

import "golang.org/x/sys/unix"

const (
	getModes = unix.TIOCGETA
	setModes = unix.TIOCSETA
	disabled = 0xff // _POSIX_VDISABLE
)
