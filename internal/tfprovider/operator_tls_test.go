package tfprovider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"raff/internal/rafftest"
)

// selfIssued writes a certificate that is its own authority, and its key, for a server on this machine and for its clients.
func selfIssued(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), name+".pem"), filepath.Join(t.TempDir(), name+"-key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestOperatorTLS manages an account through a listener with a certificate of its own authority, which requires client certificates.
func TestOperatorTLS(t *testing.T) {
	t.Parallel()
	serverCert, serverKey := selfIssued(t, "server")
	clientCert, clientKey := selfIssued(t, "alice")
	srv := rafftest.Start(t, rafftest.WithOperatorTLS(serverCert, serverKey, clientCert))
	hcl := func(files string) string {
		return required + fmt.Sprintf("provider \"raff\" {\n  operator_url = %q\n  operator_key = %q\n  retry_timeout = \"0s\"\n%s}\n", srv.Node.OperatorURL(), srv.OperatorKey(t, "write"), files) +
			"resource \"raff_account\" \"shop\" {\n  name = \"Shop\"\n  owner_email = \"bob@example.com\"\n}\n"
	}
	ca := fmt.Sprintf("  operator_ca_file = %q\n", serverCert)
	pair := fmt.Sprintf("  operator_cert_file = %q\n  operator_cert_key_file = %q\n", clientCert, clientKey)
	run(t,
		refused(hcl(ca+fmt.Sprintf("  operator_cert_file = %q\n", clientCert)), "a client certificate needs its key"),
		refused(hcl(fmt.Sprintf("  operator_ca_file = %q\n", serverKey)), "has no certificate in PEM"),
		resource.TestStep{Config: hcl(ca + pair), Check: resource.TestCheckResourceAttr("raff_account.shop", "current_owner_email", "bob@example.com")},
	)
}
