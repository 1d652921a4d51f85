package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// ErrNotFound is the error for an unknown trace.
var ErrNotFound = errors.New("not found")

// Until calls f every 100 ms until it succeeds. If ctx ends first, it returns f's last error.
// Tests need it because the backends show new data only after a while.
func Until(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// longestAnswer limits each request.
const longestAnswer = time.Minute

// get calls an API and passes the body of the response to read, if it isn't nil.
func get(ctx context.Context, address string, query url.Values, read func([]byte) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	return do(request, read)
}

func do(request *http.Request, read func([]byte) error) error {
	client := http.Client{Timeout: longestAnswer}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() // read to its end
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", request.URL, err)
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", request.URL, ErrNotFound)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %s", request.URL, response.Status, tail(body))
	case read == nil:
		return nil
	}
	if err := read(body); err != nil {
		return fmt.Errorf("%s: %w", request.URL, err)
	}
	return nil
}
