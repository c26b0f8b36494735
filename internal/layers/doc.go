// Package layers defines the order in which the packages of this repository may import each other, and tests it.
package layers
