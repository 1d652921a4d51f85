package postgres

import "context"

// Try reports why no cluster can be made below the folder parent, as Start would. It
// leaves nothing behind.
func Try(ctx context.Context, parent string) error {
	bin, err := Installed()
	if err != nil {
		bin = "" // Start fetches some
	}
	c, err := newCluster(ctx, order{Bin: []byte(bin)}, parent)
	if err != nil {
		return err
	}
	c.remove()
	return nil
}
