// Package docs has the guides of this directory, which the server shows at /docs.
package docs

import "embed"

// Files are the guides in Markdown.
//
//go:embed *.md operations/*.md terraform/*.md terraform/*/*.md
var Files embed.FS
