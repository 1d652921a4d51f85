package postgres

import "context"

// Try makes the folders of a cluster below the folder parent and removes them again. It
// returns the error that Start would.
func Try(ctx context.Context, parent string) error {
	bin, err := Installed()
	if err != nil {
		bin = "" // Start would download them
	}
	c, err := newCluster(ctx, order{Bin: []byte(bin)}, parent)
	if err != nil {
		return err
	}
	c.remove()
	return nil
}
