package quote

import (
	"errors"
	"fmt"
)

// Each is err with each error that was joined in it after what it is of, such as a flag.
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
