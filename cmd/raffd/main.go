// Raffd is the server: the API, the pages behind invitation links and the mail worker in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"raff/internal/redaction"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "raffd:", redaction.Error(err))
		if errors.As(err, &usage{}) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// usage is an error of whoever typed the command; the program then ends with status 2.
type usage struct{ error }
