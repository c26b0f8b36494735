package event

// Events of users and of how they sign in. They are recorded in every account of which the user is a member.
const (
	ActionSignedIn             Action = "user.signed_in"
	ActionSignedOut            Action = "user.signed_out"
	ActionSessionEnded         Action = "user.session_ended"
	ActionSessionsEnded        Action = "user.sessions_ended"
	ActionAccountSwitched      Action = "user.account_switched"
	ActionSignInFailed         Action = "user.sign_in_failed"
	ActionSecondFactorRefused  Action = "user.second_factor_refused"
	ActionCodesStopped         Action = "user.codes_stopped"
	ActionSignInReset          Action = "user.sign_in_reset"
	ActionPasswordLinkMade     Action = "user.password_link_made"
	ActionPasswordSet          Action = "user.password_set"
	ActionPasswordChanged      Action = "user.password_changed"
	ActionPasswordRemoved      Action = "user.password_removed"
	ActionSecondFactorAdded    Action = "user.second_factor_added"
	ActionSecondFactorRemoved  Action = "user.second_factor_removed"
	ActionSecondFactorsReset   Action = "user.second_factors_reset"
	ActionRecoveryCodesCreated Action = "user.recovery_codes_made"
	ActionNameChanged          Action = "user.name_changed"
	ActionLanguageChanged      Action = "user.language_changed"
	ActionEmailChanged         Action = "user.email_changed"
)

var userKinds = []kind{
	of[SignedIn](), of[SignedOut](), of[SessionEnded](), of[SessionsEnded](), of[AccountSwitched](),
	of[SignInFailed](), of[SecondFactorRefused](), of[CodesStopped](), of[SignInReset](),
	of[PasswordLinkMade](), of[PasswordSet](), of[PasswordChanged](), of[PasswordRemoved](),
	of[SecondFactorAdded](), of[SecondFactorRemoved](), of[SecondFactorsReset](), of[RecoveryCodesCreated](), of[NameChanged](), of[LanguageChanged](), of[EmailChanged](),
}

// WithPasskey is the value of SignedIn.With for signing in with a passkey.
const WithPasskey = "passkey"

// SignedIn records that a person signed in. With is WithPasskey or empty (a password); SecondFactor is the kind of second
// factor after the password, if there was one. NewBrowser says that the person had not signed in with that browser before.
type SignedIn struct {
	NewBrowser   bool   `json:"new_browser,omitempty"`
	SecondFactor string `json:"second_factor,omitempty"`
	With         string `json:"with,omitempty"`
}

// Action implements Payload.
func (SignedIn) Action() Action { return ActionSignedIn }

// SignedOut records that a person signed out.
type SignedOut struct{}

// Action implements Payload.
func (SignedOut) Action() Action { return ActionSignedOut }

// SessionEnded records that a person ended another session of their own.
type SessionEnded struct{}

// Action implements Payload.
func (SessionEnded) Action() Action { return ActionSessionEnded }

// SessionsEnded records that a person ended all their other sessions.
type SessionsEnded struct{}

// Action implements Payload.
func (SessionsEnded) Action() Action { return ActionSessionsEnded }

// AccountSwitched records that a person left this account for another one they are in, or came from one. Direction is "in" or
// "out".
type AccountSwitched struct {
	Direction string `json:"direction"`
}

// Action implements Payload.
func (AccountSwitched) Action() Action { return ActionAccountSwitched }

// SignInFailed records the number of failed sign-ins as a person. It is recorded at most once in fifteen minutes for each
// person. The event has the network address and the browser of the last attempt; Addresses is from how many addresses they came,
// if from several.
type SignInFailed struct {
	Addresses int `json:"addresses,omitempty"`
	Attempts  int `json:"attempts"`
}

// Action implements Payload.
func (SignInFailed) Action() Action { return ActionSignInFailed }

// SecondFactorRefused records the number of wrong second factors after the correct password. It is recorded at most
// once in fifteen minutes for each person. Addresses is as in SignInFailed.
type SecondFactorRefused struct {
	Addresses int `json:"addresses,omitempty"`
	Attempts  int `json:"attempts"`
}

// Action implements Payload.
func (SecondFactorRefused) Action() Action { return ActionSecondFactorRefused }

// CodesStopped records that codes of an authenticator app are no longer accepted after WrongCodes wrong ones. KnownBrowser
// says that they came from a browser in which the person had signed in before.
type CodesStopped struct {
	KnownBrowser bool `json:"known_browser"`
	WrongCodes   int  `json:"wrong_codes"`
}

// Action implements Payload.
func (CodesStopped) Action() Action { return ActionCodesStopped }

// SignInReset records that a password, second factors and sessions were removed because a person verified the email.
// SecondFactors is the number of removed factors. Of the API keys whose secret no one else was shown, APIKeysDeactivated
// (names) were disabled, and APIKeysKept were kept.
type SignInReset struct {
	AddressProvenBefore bool     `json:"address_proven_before"`
	APIKeysDeactivated  []string `json:"api_keys_deactivated,omitempty"`
	APIKeysKept         []string `json:"api_keys_kept,omitempty"`
	SecondFactors       int      `json:"second_factors"`
}

// Action implements Payload.
func (SignInReset) Action() Action { return ActionSignInReset }

// PasswordLinkMade records that a link to set a password was created.
type PasswordLinkMade struct{}

// Action implements Payload.
func (PasswordLinkMade) Action() Action { return ActionPasswordLinkMade }

// PasswordSet records that a person set a password, without entering an earlier one. With is the kind of link that was
// used, if any.
type PasswordSet struct {
	With string `json:"with,omitempty"`
}

// Action implements Payload.
func (PasswordSet) Action() Action { return ActionPasswordSet }

// PasswordChanged records that a person changed their password.
type PasswordChanged struct{}

// Action implements Payload.
func (PasswordChanged) Action() Action { return ActionPasswordChanged }

// PasswordRemoved records that a person with passkeys removed their password.
type PasswordRemoved struct{}

// Action implements Payload.
func (PasswordRemoved) Action() Action { return ActionPasswordRemoved }

// SecondFactorAdded records that a person added a passkey or an authenticator app.
type SecondFactorAdded struct{}

// Action implements Payload.
func (SecondFactorAdded) Action() Action { return ActionSecondFactorAdded }

// SecondFactorRemoved records that a person removed a passkey or an authenticator app.
type SecondFactorRemoved struct{}

// Action implements Payload.
func (SecondFactorRemoved) Action() Action { return ActionSecondFactorRemoved }

// SecondFactorsReset records that the operator removed all second factors of a person.
type SecondFactorsReset struct{}

// Action implements Payload.
func (SecondFactorsReset) Action() Action { return ActionSecondFactorsReset }

// RecoveryCodesCreated records that a person created new recovery codes, which replace the old ones.
type RecoveryCodesCreated struct{}

// Action implements Payload.
func (RecoveryCodesCreated) Action() Action { return ActionRecoveryCodesCreated }

// LanguageChanged records that a person chose a language for pages and emails; empty is none.
type LanguageChanged struct {
	Language Change[string] `json:"language"`
}

// Action implements Payload.
func (LanguageChanged) Action() Action { return ActionLanguageChanged }

// NameChanged records that a person changed their name.
type NameChanged struct {
	Name Change[string] `json:"name"`
}

// Action implements Payload.
func (NameChanged) Action() Action { return ActionNameChanged }

// EmailChanged records that a person changed their email.
type EmailChanged struct {
	Email Change[string] `json:"email"`
}

// Action implements Payload.
func (EmailChanged) Action() Action { return ActionEmailChanged }
