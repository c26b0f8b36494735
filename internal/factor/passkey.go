package factor

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"

	"raff/internal/signin"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// passkeys are bound to the server's public URL: a passkey created for one site does not work on another.
type passkeys struct {
	w    *webauthn.WebAuthn
	none error // why passkeys are not available
}

// New returns a Checker for a server with this public URL, of a product with this name, which browsers may show. If its host is an IP address, passkeys are not available,
// because browsers only support them for host names.
func New(publicURL, product string) *Checker {
	u, err := url.Parse(publicURL)
	if err == nil && (u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil) {
		err = errors.New("browsers support passkeys only for host names, not for IP addresses")
	}
	if err != nil {
		return &Checker{passkeys: passkeys{none: fmt.Errorf("passkeys of %s: %w", publicURL, err)}}
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: product, RPOrigins: []string{u.Scheme + "://" + u.Host},
		// A discoverable passkey signs in without an email and a password.
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			UserVerification: protocol.VerificationPreferred, ResidentKey: protocol.ResidentKeyRequirementPreferred,
		},
	})
	if err != nil {
		return &Checker{passkeys: passkeys{none: fmt.Errorf("passkeys of %s: %w", publicURL, err)}}
	}
	return &Checker{passkeys: passkeys{w: w}}
}

// HasPasskeys reports whether passkeys are available.
func (k *passkeys) HasPasskeys() bool { return k.w != nil }

// person adapts a signin.PasskeyUser to the library.
type person struct {
	signin.PasskeyUser
	credentials []webauthn.Credential
}

func (p *person) WebAuthnID() []byte                         { return []byte(p.ID) }
func (p *person) WebAuthnName() string                       { return p.Email }
func (p *person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

func (p *person) WebAuthnDisplayName() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Email
}

func (k *passkeys) person(u signin.PasskeyUser) (*person, error) {
	if k.w == nil {
		return nil, k.none
	}
	p := &person{PasskeyUser: u}
	for _, b := range u.Credentials {
		var c webauthn.Credential
		if err := json.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("read a passkey: %w", err)
		}
		p.credentials = append(p.credentials, c)
	}
	return p, nil
}

// BeginRegistration requests a passkey that the user does not have yet.
func (k *passkeys) BeginRegistration(u signin.PasskeyUser) (options, state []byte, err error) {
	p, err := k.person(u)
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := k.w.BeginRegistration(p, webauthn.WithExclusions(webauthn.Credentials(p.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, fmt.Errorf("request a new passkey: %w", err)
	}
	return both(creation, session)
}

// FinishRegistration checks a new passkey and returns the credential to store.
func (k *passkeys) FinishRegistration(u signin.PasskeyUser, state, answer []byte) ([]byte, error) {
	p, session, err := k.resume(u, state)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	c, err := k.w.CreateCredential(p, session, parsed)
	if err != nil {
		return nil, fmt.Errorf("check the passkey: %w", err)
	}
	return json.Marshal(c)
}

// BeginProof requests one of the user's passkeys.
func (k *passkeys) BeginProof(u signin.PasskeyUser, alone bool) (options, state []byte, err error) {
	p, err := k.person(u)
	if err != nil {
		return nil, nil, err
	}
	verification := protocol.VerificationPreferred
	if alone {
		verification = protocol.VerificationRequired
	}
	assertion, session, err := k.w.BeginLogin(p, webauthn.WithUserVerification(verification))
	if err != nil {
		return nil, nil, fmt.Errorf("request a passkey: %w", err)
	}
	return both(assertion, session)
}

var errCloned = errors.New("the signature counter of the passkey went back: the passkey may have been cloned")

// FinishProof checks the response of a passkey.
func (k *passkeys) FinishProof(u signin.PasskeyUser, state, answer []byte) (which int, credential []byte, err error) {
	p, session, err := k.resume(u, state)
	if err != nil {
		return 0, nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	c, err := k.w.ValidateLogin(p, session, parsed)
	if err != nil {
		return 0, nil, fmt.Errorf("check the passkey: %w", err)
	}
	return p.kept(c)
}

// BeginSignIn requests a passkey of any user.
func (k *passkeys) BeginSignIn(challenge []byte) ([]byte, error) {
	if k.w == nil {
		return nil, k.none
	}
	assertion, _, err := k.w.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("request a passkey: %w", err)
	}
	return json.Marshal(assertion)
}

// FinishSignIn checks the response of a passkey that identifies its user, and the challenge to which it responds.
func (k *passkeys) FinishSignIn(answer []byte, find func(challenge []byte, userID string) (signin.PasskeyUser, error)) (which int, credential []byte, err error) {
	if k.w == nil {
		return 0, nil, k.none
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	asked := parsed.Response.CollectedClientData.Challenge
	challenge, err := base64.RawURLEncoding.DecodeString(asked)
	if err != nil {
		return 0, nil, fmt.Errorf("read the challenge: %w", err)
	}
	var p *person
	c, err := k.w.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		u, err := find(challenge, string(handle))
		if err == nil {
			p, err = k.person(u)
		}
		return p, err
	}, webauthn.SessionData{Challenge: asked, UserVerification: protocol.VerificationRequired}, parsed)
	if err != nil {
		return 0, nil, fmt.Errorf("check the passkey: %w", err)
	}
	return p.kept(c)
}

// kept returns which of the user's passkeys this is, and the credential to store from now on.
func (p *person) kept(c *webauthn.Credential) (which int, credential []byte, err error) {
	if c.Authenticator.CloneWarning {
		return 0, nil, errCloned
	}
	for i := range p.credentials {
		if bytes.Equal(p.credentials[i].ID, c.ID) {
			credential, err = json.Marshal(c)
			return i, credential, err
		}
	}
	return 0, nil, errors.New("the passkey belongs to another user")
}

// resume restores the state of a ceremony.
func (k *passkeys) resume(u signin.PasskeyUser, state []byte) (*person, webauthn.SessionData, error) {
	var session webauthn.SessionData
	p, err := k.person(u)
	if err == nil {
		err = json.Unmarshal(state, &session)
	}
	return p, session, err
}

func both(options any, session *webauthn.SessionData) (o, s []byte, err error) {
	if o, err = json.Marshal(options); err != nil {
		return nil, nil, err
	}
	s, err = json.Marshal(session)
	return o, s, err
}
