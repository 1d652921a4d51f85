package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Which of those that wait for each other are ended. Capital letters have blocks
// that last; "a<B" says that a waits for B; those who wait are written in the
// order in which they began to. The last look has ended those of ended, and
// PostgreSQL has not noticed yet.
func TestVictims(t *testing.T) {
	for _, tt := range []struct{ name, waits, ended, want string }{
		{"nobody", "", "", ""},
		{"for a block", "a<B", "", "a"},
		{"for a statement", "a<b", "", ""},
		{"behind a statement that waits for a block", "a<C b<a", "", "a"},
		{"behind one, and for the block itself", "a<C b<aC", "", "ab"},
		{"blocks in a row", "B<A C<B D<C", "", "BD"},
		{"blocks in a row, the last first", "D<C C<B B<A", "", "BD"},
		{"two blocks that wait for each other", "A<B B<A", "", "B"},
		{"three", "A<B B<C C<A", "", "AC"},
		{"two, and one for them", "A<B B<A c<AB", "", "cB"},
		{"a statement and a block", "a<B B<a", "", "a"},
		{"a statement and a block, the other first", "B<a a<B", "", "a"},
		{"statements alone", "a<b b<a", "", ""},
		{"a block behind a statement that ends", "B<a c<B", "", "c"},
		{"two blocks, of which one is ended already", "A<B B<A", "A", "A"},
		{"behind a block that waits for one that is ended already", "B<A c<B", "A", "c"},
		{"a statement behind a block that is ended already", "b<A", "A", ""},
	} {
		servers := map[rune]*server{}
		name := map[*server]string{}
		get := func(r rune) *server {
			if servers[r] == nil {
				servers[r] = &server{pid: uint32(r), block: strings.ToUpper(string(r)) == string(r)}
				name[servers[r]] = string(r)
				if strings.ContainsRune(tt.ended, r) {
					servers[r].turn, servers[r].ended = 1, conflict()
				}
			}
			return servers[r]
		}
		var all []*blocked
		for i, wait := range strings.Fields(tt.waits) {
			who, for_, _ := strings.Cut(wait, "<")
			b := &blocked{server: get(rune(who[0]))}
			b.server.since = uint64(i)
			for _, r := range for_ {
				b.by = append(b.by, get(r))
			}
			all = append(all, b)
		}
		var got []string
		for _, b := range victims(all) {
			got = append(got, name[b.server])
			if !b.holder.block || !slices.Contains(b.by, b.holder) {
				t.Errorf("%s: %s is ended for %s", tt.name, name[b.server], name[b.holder])
			}
		}
		slices.Sort(got)
		want := strings.Split(tt.want, "")
		slices.Sort(want)
		if !cmp.Equal(strings.Join(got, ""), strings.Join(want, "")) {
			t.Errorf("%s: %v are ended, want %v", tt.name, got, want)
		}
	}
}
