package server

import (
	"errors"

	"raff/internal/brand"
	"raff/internal/permission"
	"raff/internal/redaction"
	"raff/internal/store"
)

// Invalid returns a finding for each setting of a server that is not valid. It does not connect to the database.
func (c Config) Invalid() (found []Finding) {
	add := func(check string, err error, advice string) {
		if err != nil {
			found = append(found, problem(check, err.Error(), advice))
		}
	}
	add("database", store.Check(c.Database), "correct --database (RAFF_DATABASE_URL)")
	_, err := publicURL(c.PublicURL)
	add("public URL", err, "correct --public-url (RAFF_PUBLIC_URL)")
	_, err = sealKeys(c)
	add("audit log", err, keyFileAdvice(err, "seal-key-file (RAFF_SEAL_KEY_FILE)", "raffd seal-key create"))
	_, err = readSecretsKeys(c)
	add("secrets", err, keyFileAdvice(err, "secrets-key-file (RAFF_SECRETS_KEY_FILE)", "raffd secrets create-key"))
	look, err := brand.New(c.Brand)
	add("brand", err, "correct --product-name, --logo, --accent-color, --support or --mail-footer")
	_, err = sender(c, look)
	add("mail", err, "correct RAFF_SMTP_URL and RAFF_MAIL_FROM")
	_, err = permission.Load(c.Catalog)
	add("catalog", err, "correct the file of --catalog (RAFF_CATALOG), or omit the setting to use the catalog of the database")
	_, err = newCertificate(c)
	add("certificate", err, "check --tls-cert (RAFF_TLS_CERT) and --tls-key (RAFF_TLS_KEY): PEM files that belong together, readable by the server's user")
	_, err = newOperatorCertificate(c)
	add("listeners", err, "check --operator-tls-cert, --operator-tls-key and --operator-client-ca: PEM files that belong together, readable by the server's user")
	return found
}

func problem(check, message, advice string) Finding {
	return Finding{Check: check, Result: Problem, Message: redaction.Text(message), Advice: redaction.Text(advice)}
}

// Check is Invalid as an error, with the advice below each finding.
func (c Config) Check() error {
	var all []error
	for _, f := range c.Invalid() {
		all = append(all, errors.New(f.Message+"\n  → "+f.Advice))
	}
	return errors.Join(all...)
}
