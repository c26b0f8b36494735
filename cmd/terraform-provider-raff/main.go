// Command terraform-provider-raff is the Terraform provider for raff. It is started by Terraform; when run by hand, it
// only says so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	tfaddr "github.com/hashicorp/terraform-registry-address"

	"raff/internal/tfprovider"
	"raff/internal/version"
)

func main() {
	debug := flag.Bool("debug", false, "run for a debugger, and print how Terraform can connect")
	schema := flag.Bool("schema", false, "print the schema in the format of \"terraform providers schema -json\" and exit")
	printVersion := flag.Bool("version", false, "print the version of this program and exit")
	flag.Parse()
	if *printVersion {
		fmt.Fprintln(os.Stdout, "terraform-provider-raff", version.Get())
		return
	}

	if *schema {
		if err := tfprovider.WriteSchema(context.Background(), os.Stdout, version.Get().Version); err != nil {
			fail(err)
		}
		return
	}
	address := tfaddr.NewProvider(tfaddr.DefaultProviderRegistryHost, "raff", "raff")
	err := providerserver.Serve(context.Background(), tfprovider.New(version.Get().Version), providerserver.ServeOpts{
		Address:         address.String(),
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "terraform-provider-raff:", err)
	os.Exit(1)
}
