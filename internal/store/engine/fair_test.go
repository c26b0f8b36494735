package engine

import (
	"slices"
	"testing"
)

func TestFairQueue(t *testing.T) {
	var q FairQueue[int]
	for n := range 4 {
		q.Push("a", n)
	}
	q.Push("b", 10)
	q.Push("c", 20)
	q.Push("c", 21)
	if !q.Remove("a", 1) || q.Remove("a", 1) || q.Remove("b", 0) {
		t.Error("Remove does not report whether the entry was there")
	}
	var got []int
	for v, ok := q.Pop(); ok; v, ok = q.Pop() {
		got = append(got, v)
	}
	if want := []int{0, 10, 20, 2, 21, 3}; !slices.Equal(got, want) {
		t.Errorf("Pop returned %v, want %v", got, want)
	}
	for n := range MaxWaiting {
		if !q.Push("a", n) {
			t.Fatalf("entry %d is refused", n)
		}
	}
	if q.Push("a", 0) || !q.Push("b", 0) {
		t.Error("the maximum is not that of each account")
	}
	if v, ok := q.PopIf(func(account string) bool { return account != "a" }); !ok || v != 0 || q.Len() != MaxWaiting {
		t.Errorf("PopIf returned %d, %t; %d are left", v, ok, q.Len())
	}
}
