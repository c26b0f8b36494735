package permission

// KeptSets is the number of decoded sets that the catalog keeps.
func (c *Catalog) KeptSets() (n int) {
	c.parsed.Range(func(any, any) bool { n++; return true })
	return n
}
