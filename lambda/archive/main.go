// Command archive makes the function's zip for AWS Lambda: one executable file.
// Equal files make equal zips, on every system, whether it has a zip program or not.
package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: archive ZIP FILE")
		os.Exit(2)
	}
	size, err := archive(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %.1f MB\n", os.Args[1], float64(size)/1e6)
}

// archive writes the file at path into a new zip at target and returns the zip's size in bytes.
func archive(target, path string) (size int64, err error) {
	out, err := os.Create(target)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := write(out, path); err != nil {
		return 0, fmt.Errorf("%s: %w", target, err)
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func write(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	// With the file's own time every zip would be different; this is the earliest that a zip can hold.
	header := &zip.FileHeader{Name: filepath.Base(path), Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(entry, file); err != nil {
		return err
	}
	return z.Close()
}
