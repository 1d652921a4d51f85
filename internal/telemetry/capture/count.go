package capture

func count(to *map[string]int64, reason string, n int64) {
	if n == 0 {
		return
	}
	if *to == nil {
		*to = map[string]int64{}
	}
	(*to)[reason] += n
}
