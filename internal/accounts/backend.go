package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dsql-load-test/internal/secret"
)

var errNotAsked = errors.New("not asked")

// longestAnswer limits every request to a backend, even if the context allows more time.
const longestAnswer = time.Minute

// backend is an HTTP API that shows a run's telemetry.
type backend struct {
	base string // URL; if empty, get returns errNotAsked
	http *http.Client
}

func newBackend(base string) backend {
	return backend{strings.TrimSuffix(base, "/"), &http.Client{
		Timeout: longestAnswer, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment},
	}}
}

// close ends the connections that no request uses.
func (b backend) close() { b.http.CloseIdleConnections() }

// Ready returns an error unless the backend at base answers 200 to a GET of path.
func Ready(ctx context.Context, base, path string) error {
	b := newBackend(base)
	defer b.close()
	response, err := b.ask(ctx, path)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", secret.Address(b.base+path), response.StatusCode)
	}
	return nil
}

// ask sends a GET request. The caller closes the body.
func (b backend) ask(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+path, nil)
	if err != nil {
		return nil, err
	}
	return b.http.Do(request)
}

// statusError is a response with another status than 200.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return e.text }

// get decodes a JSON answer of at most limit bytes into to.
func (b backend) get(ctx context.Context, path string, limit int64, to any) error {
	if b.base == "" {
		return errNotAsked
	}
	response, err := b.ask(ctx, path)
	if failed := new(url.Error); errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", hostOf(b.base), failed.Err) // without the URL, which is long
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read from it
	body := &io.LimitedReader{R: response.Body, N: limit}
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(body, 200))
		if err != nil {
			return err
		}
		return &statusError{response.StatusCode, fmt.Sprintf("%s: %s", response.Status, strings.TrimSpace(string(text)))}
	}
	if err := json.NewDecoder(body).Decode(to); err != nil {
		if body.N <= 0 {
			return fmt.Errorf("%s: its answer has more than %d MiB", hostOf(b.base), limit>>20)
		}
		return fmt.Errorf("%s: %w", hostOf(b.base), err)
	}
	return nil
}

// hostOf returns the host and port of a URL.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return secret.Address(base)
	}
	return u.Host
}
