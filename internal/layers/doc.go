// Package layers holds the order in which the packages of this repository may import each other, and the test that keeps
// to it.
package layers
