package postgres

// Installed returns the folder of the server programs on this machine. It returns an
// error if there are none; Start would download them then.
func Installed() (folder string, err error) { return find(usualPlaces()) }
