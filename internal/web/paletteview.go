package web

// destination is a place or an action that the palette leads to.
type destination struct{ Label, About, Path, Icon string }

// paletteView is the page that finds everything: people, projects, roles, API keys, pages and actions.
type paletteView struct {
	Query string
	Found []destination
}
