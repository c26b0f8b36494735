// Command raff manages the members, roles and permissions of a raff account.
package main

import (
	"os"

	"raff/internal/cli"
)

func main() { os.Exit(cli.Main()) }
