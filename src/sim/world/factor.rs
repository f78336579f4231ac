//! Enrolled factors.

use super::super::time::Millis;

/// A kind of factor, as the Factors API tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactorKind {
    /// Okta Verify push.
    Push,
    /// Okta Verify on a managed device (`FastPass`).
    SignedNonce,
    /// Okta Verify's one-time codes.
    OktaTotp,
    /// Google Authenticator's one-time codes.
    GoogleTotp,
    /// A text message.
    Sms,
    /// A phone call.
    Call,
    /// An e-mail.
    Email,
    /// A security question.
    Question,
    /// A security key or a platform authenticator.
    Webauthn,
}

impl FactorKind {
    /// Every kind, in the order that the API lists them.
    pub const ALL: [Self; 9] = [
        Self::Push,
        Self::SignedNonce,
        Self::OktaTotp,
        Self::GoogleTotp,
        Self::Sms,
        Self::Call,
        Self::Email,
        Self::Question,
        Self::Webauthn,
    ];

    /// `factorType` of the API.
    pub fn factor_type(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::SignedNonce => "signed_nonce",
            Self::OktaTotp | Self::GoogleTotp => "token:software:totp",
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Email => "email",
            Self::Question => "question",
            Self::Webauthn => "webauthn",
        }
    }

    /// `provider` of the API.
    pub fn provider(self) -> &'static str {
        match self {
            Self::GoogleTotp => "GOOGLE",
            Self::Webauthn => "FIDO",
            _ => "OKTA",
        }
    }

    /// The id prefix that Okta gives factors of this kind.
    pub fn id_prefix(self) -> &'static str {
        match self {
            Self::Push | Self::SignedNonce => "opf",
            Self::OktaTotp => "ost",
            Self::GoogleTotp => "uft",
            Self::Sms => "mbl",
            Self::Call => "clf",
            Self::Email => "emf",
            Self::Question => "ufs",
            Self::Webauthn => "fwf",
        }
    }

    /// The key of the authenticator that it belongs to.
    pub fn authenticator(self) -> &'static str {
        match self {
            Self::Push | Self::SignedNonce | Self::OktaTotp => "okta_verify",
            Self::GoogleTotp => "google_otp",
            Self::Sms | Self::Call => "phone_number",
            Self::Email => "okta_email",
            Self::Question => "security_question",
            Self::Webauthn => "webauthn",
        }
    }

    /// The debug data's spelling, e.g. `OKTA_VERIFY_PUSH`.
    pub fn log_name(self) -> &'static str {
        match self {
            Self::Push => "OKTA_VERIFY_PUSH",
            Self::SignedNonce => "SIGNED_NONCE",
            Self::OktaTotp => "OKTA_SOFT_TOKEN",
            Self::GoogleTotp => "GOOGLE_AUTHENTICATOR",
            Self::Sms => "SMS_FACTOR",
            Self::Call => "CALL_FACTOR",
            Self::Email => "EMAIL_FACTOR",
            Self::Question => "SECURITY_QUESTION",
            Self::Webauthn => "FIDO_WEBAUTHN",
        }
    }

    /// What people call it, as in the display names of authenticator enrolments.
    pub fn label(self) -> &'static str {
        match self {
            Self::Push | Self::SignedNonce | Self::OktaTotp => "Okta Verify",
            Self::GoogleTotp => "Google Authenticator",
            Self::Sms | Self::Call => "Phone",
            Self::Email => "Email",
            Self::Question => "Security Question",
            Self::Webauthn => "Security Key or Biometric",
        }
    }
}

/// One enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The kind.
    pub kind: FactorKind,
    /// Enrolled but not confirmed yet (`PENDING_ACTIVATION`), or in use (`ACTIVE`).
    pub active: bool,
    /// When it was enrolled.
    pub created: Millis,
    /// When it was last changed.
    pub last_updated: Millis,
    /// Numbers all enrolments of the org; its id follows from it.
    pub serial: u32,
}
