package permission

// KeptSets is how many sets the catalog remembers.
func (c *Catalog) KeptSets() (n int) {
	c.parsed.Range(func(any, any) bool { n++; return true })
	return n
}
