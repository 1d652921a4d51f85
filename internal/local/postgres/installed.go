package postgres

// Installed is the folder of the newest server programs on this machine; its
// error says that there are none, and Start would fetch some.
func Installed() (folder string, err error) { return find(usualPlaces()) }
