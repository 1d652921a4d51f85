package quote

import (
	"errors"
	"fmt"
)

// Each returns err with the prefix of, such as a flag, before each of its joined errors.
func Each(of string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s: %w", of, err)
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Each(of, e))
	}
	return errors.Join(all...)
}
