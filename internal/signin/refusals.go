package signin

import "raff/internal/team"

// Refusals to sign in, to prove an identity, and to change a password or a second factor.
var (
	RefusalPasskeySignInFirst     = &team.Refusal{Kind: team.KindConflict, Code: "sign_in_first", Text: "This user signs in with a passkey. Sign in, then open the invitation link again."}
	RefusalInvitedPasswordWrong   = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_credentials", Field: "password", Text: "Wrong password. This email already has a password: enter the one you sign in with."}
	RefusalNewUserNameless        = &team.Refusal{Kind: team.KindInvalid, Code: "required", Field: "name", Text: "Enter your name. If you already have a login with this email, enter the password you sign in with."}
	RefusalOtherPassword          = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_credentials", Field: "password", Text: "This email already has a login with a different password. If that is you, sign in first, then open the invitation link again."}
	RefusalWrongAccount           = &team.Refusal{Kind: team.KindDenied, Code: "wrong_account", Text: "This invitation is for %s, but you are signed in as %s. Sign in with the invited email."}
	RefusalInvitationJustAccepted = &team.Refusal{Kind: team.KindConflict, Code: "try_again", Text: "An invitation for this email was accepted a moment ago. Open the link again."}
	RefusalAddressUnverified      = &team.Refusal{Kind: team.KindConflict, Code: "password_needed", Text: "This email has not been verified before. Accept with a name and a new password; earlier passwords, passkeys and sessions are removed."}
	RefusalCeremonyExpired        = &team.Refusal{Kind: team.KindInvalid, Code: "stale_ceremony", Field: "passkey", Text: "This passkey request has expired. Try again."}
	RefusalCodesStopped           = &team.Refusal{Kind: team.KindUnauthenticated, Code: "codes_stopped", Field: "code", Text: "Too many wrong codes were entered, so codes from your authenticator app are no longer accepted here. To sign in, %s."}
	RefusalWrongCode              = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_code", Field: "code", Text: "Wrong code. Enter the code that the app shows now, or an unused recovery code."}
	RefusalTooManyFactors         = &team.Refusal{Kind: team.KindConflict, Code: "too_many_factors", Text: "You have %d second factors, which is the maximum. Remove one first."}
	RefusalWrongFirstCode         = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_code", Field: "code", Text: "Wrong code. Enter the code that the app shows now, and check that the clock of your device is right."}
	RefusalOnlyPasskey            = &team.Refusal{Kind: team.KindConflict, Code: "no_way_in", Text: "This is your only way to sign in. Add another passkey or set a password first."}
	RefusalNoFactorToReplace      = &team.Refusal{Kind: team.KindConflict, Code: "no_second_factor", Text: "Recovery codes replace a second factor. Add a second factor first."}
	RefusalUnknownUser            = &team.Refusal{Kind: team.KindNotFound, Code: "not_found", Text: "No user has this email."}
	RefusalPasskeyNotAdded        = &team.Refusal{Kind: team.KindInvalid, Code: "invalid_passkey", Text: "The passkey could not be added. Try again."}
	RefusalPasskeyRefused         = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_passkey", Field: "passkey", Text: "The passkey was not accepted. Try again."}
	RefusalPasskeyUnknown         = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_passkey", Field: "passkey", Text: "This passkey is not registered here. Sign in with your password, or with another passkey."}
	RefusalPasswordLinkUnknown    = &team.Refusal{Kind: team.KindNotFound, Code: "not_found", Text: "This link does not exist. Check that you copied the whole link."}
	RefusalPasswordLinkGone       = &team.Refusal{Kind: team.KindGone, Code: "link_gone", Text: "This link was already used or has expired. Request a new one on the sign-in page."}
	RefusalPasswordLinkUsed       = &team.Refusal{Kind: team.KindGone, Code: "link_gone", Text: "This link was already used. Sign in with the password that was set."}
	RefusalPasswordIsOnlyWay      = &team.Refusal{Kind: team.KindConflict, Code: "no_way_in", Text: "Without a password you need a passkey to sign in. Add one first."}
	RefusalPasswordJustChanged    = &team.Refusal{Kind: team.KindConflict, Code: "try_again", Text: "The password was changed a moment ago, in another window or with a link. Try again."}
	RefusalMailNotConfigured      = &team.Refusal{Kind: team.KindConflict, Code: "no_mail", Text: "This server does not send email. Ask its operator for a password link."}
	RefusalUnknownInvitee         = &team.Refusal{Kind: team.KindNotFound, Code: "not_found", Text: "No user has this email. A person who was invited and has not accepted yet needs their invitation link."}
	RefusalPersonBusy             = &team.Refusal{Kind: team.KindConflict, Code: "try_again", Text: "The accounts of this person are being changed. Try again."}
	RefusalNoPasskey              = &team.Refusal{Kind: team.KindConflict, Code: "no_passkey", Text: "You have no passkey. Enter your password."}
	RefusalProofByPasskey         = &team.Refusal{Kind: team.KindUnauthenticated, Code: "proof_required", Field: "passkey", Text: "You have no password. Confirm with a passkey."}
	RefusalProofNeeded            = &team.Refusal{Kind: team.KindUnauthenticated, Code: "proof_required", Field: "current_password", Text: "Enter the password you sign in with, or confirm with a passkey."}
	RefusalProofPasswordWrong     = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_credentials", Field: "current_password", Text: "Wrong password."}
	RefusalPasswordJustReplaced   = &team.Refusal{Kind: team.KindConflict, Code: "try_again", Text: "The password was changed a moment ago. Sign in again with the new one."}
	RefusalWrongCredentials       = &team.Refusal{Kind: team.KindUnauthenticated, Code: "invalid_credentials", Field: "password", Text: "Wrong email or password. Try again, or set a new password."}
	RefusalSameEmail              = &team.Refusal{Kind: team.KindInvalid, Code: "unchanged", Field: "email", Text: "This is already your email. Enter a different one."}
	RefusalEmailNotVerifiable     = &team.Refusal{Kind: team.KindConflict, Code: "no_mail", Text: "This server does not send email, so a new email cannot be verified. Ask the operator of this server."}
	RefusalEmailLinkOfOther       = &team.Refusal{Kind: team.KindDenied, Code: "wrong_user", Text: "This link is for another user: you are signed in as %s. Sign out, sign in as the user who requested it, and open the link again."}
	RefusalEmailLinkGone          = &team.Refusal{Kind: team.KindGone, Code: "link_gone", Text: "This link was already used or has expired. Request a new one in your profile."}
	RefusalEmailTaken             = &team.Refusal{Kind: team.KindConflict, Code: "email_taken", Text: "Another user has this email. Sign in as that user, or choose another email."}
	RefusalEmailInvited           = &team.Refusal{Kind: team.KindConflict, Code: "email_invited", Text: "This email has an open invitation to one of your accounts. Decline it, or ask an admin to cancel it, then open the link again."}
	RefusalTooManyAttempts        = &team.Refusal{Kind: team.KindLimited, Code: "too_many_attempts", Text: "Too many attempts. Try again in a few minutes."}
)
