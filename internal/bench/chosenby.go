package bench

// ChosenBy says in words where a target comes from; origin is as TargetFrom returns it.
func ChosenBy(origin string) string {
	if origin == new(Config).TargetFrom() {
		return origin
	}
	return "from " + origin
}
