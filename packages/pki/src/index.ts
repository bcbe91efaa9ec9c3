export { normaliseSerial } from "@handfast/core";
export { opensslRules } from "./accept/openssl-rules.ts";
export {
  type Acceptance,
  type AcceptingFace,
  type WouldAcceptOptions,
  wouldAccept,
} from "./accept/would-accept.ts";
export type {
  Authority,
  CrossSignOptions,
  IssueAuthorityOptions,
  IssueOptions,
  LeafOptions,
  LeafRequest,
  PublicKeyInput,
  RenewOptions,
  ValidityOptions,
} from "./authority/authority.ts";
export { type CreateAuthorityOptions, createAuthority } from "./authority/create-authority.ts";
export { type CreateCsrOptions, createCsr } from "./authority/create-csr.ts";
export type { KeyIdentifierMethod } from "./authority/key-id.ts";
export type { DroppedRequest, Leaf } from "./authority/leaf.ts";
export type { RandomBytes } from "./authority/make-serial.ts";
export { type OpenAuthorityOptions, openAuthority } from "./authority/open-authority.ts";
export type { LeafKeyUsage, Profile } from "./authority/profile.ts";
export { type ProfileName, profiles } from "./authority/profiles.ts";
export { makeTrustBundle, type TrustBundle } from "./bundle/make-trust-bundle.ts";
export {
  type NormaliseBundleOptions,
  type NormalisedBundle,
  normaliseBundle,
} from "./bundle/normalise-bundle.ts";
export {
  type CalendarEntry,
  type CalendarInput,
  type CalendarPlace,
  calendarOf,
} from "./calendar/calendar-of.ts";
export type { RenewalPolicy, RenewBy } from "./calendar/renewal-policy.ts";
export type { IdentityAtHand, PemAtHand, ReadFile, TrustAtHand } from "./calendar/sources.ts";
export { type ICalendarOptions, toICalendar } from "./calendar/to-icalendar.ts";
export { certificateFacts } from "./certificate/certificate-facts.ts";
export {
  type Certificate,
  type CertificateInput,
  type LocatedCertificate,
  readCertificates,
} from "./certificate/read-certificates.ts";
export { type CheckCrlsOptions, checkCrls } from "./check/check-crls.ts";
export { type CheckIdentityInput, type CheckIdentityOptions, checkIdentity } from "./check/check-identity.ts";
export { type CheckTrustBundleOptions, checkTrustBundle } from "./check/check-trust-bundle.ts";
export type { CertificateFinding, CheckOptions } from "./check/finding.ts";
export { rulePacks } from "./check/rule-packs.ts";
export { type CrlChunksOptions, crlChunks } from "./crl/crl-chunks.ts";
export type { IssuingDistributionPointInput } from "./crl/crl-extensions.ts";
export type { CreateCrlOptions, ForgottenEntry } from "./crl/crl-options.ts";
export { type Crl, readCrl, readCrls } from "./crl/read-crl.ts";
export type { RevocationReason, RevokedCertificate } from "./crl/revoked-certificate.ts";
export { verifyCrl } from "./crl/verify-crl.ts";
export type { IssueRequest, Issuer } from "./issuer/issuer.ts";
export { localIssuer } from "./issuer/local-issuer.ts";
export { type EncryptKeyOptions, encryptKey, type Stretching } from "./key/encrypt-key.ts";
export {
  type DigestAlgorithm,
  type DigestToSign,
  type ExternalSigner,
  externalKey,
} from "./key/external-key.ts";
export { type GenerateKeyOptions, generateKey } from "./key/generate-key.ts";
export type { Curve, KeyAlgorithm, KeyHandle, LocalKey, SignatureHash } from "./key/key-handle.ts";
export { openKey } from "./key/open-key.ts";
export { readKey } from "./key/read-key.ts";
export type { NameKind } from "./name/alternative-name.ts";
export type { NameConstraints, NameSubtrees } from "./name/name-constraints.ts";
export { type PemLabel, toDer, toPem } from "./pem/convert-pem.ts";
export { makePemBundle, type PemBundleOptions } from "./pem/make-pem-bundle.ts";
export { type Pkcs7, readPkcs7 } from "./pkcs7/read-pkcs7.ts";
export { type MakePkcs12Options, makePkcs12 } from "./pkcs12/make-pkcs12.ts";
export type { Pkcs12Profile } from "./pkcs12/profiles.ts";
export type { ProbeRequest } from "./probe/ask-http.ts";
export type { ProbeIdentity } from "./probe/make-stranger.ts";
export type { ProbeConnect } from "./probe/open-way.ts";
export { type ProbeOptions, probe } from "./probe/probe.ts";
export type { ProbeDue, ProbeSetDue, ProbeShows } from "./probe/probe-due.ts";
export type { ProbeReason, ProbeResult, ProbeVerdict, ServerCertificate } from "./probe/probe-result.ts";
export { type ProbeRow, type ProbeSet, type ProbeSetOptions, probeSet } from "./probe/probe-set.ts";
export type { ProbeSetIdentities } from "./probe/probe-set-identities.ts";
export { type ProberOptions, prober } from "./probe/prober.ts";
export { readEcho, type SeenCertificate } from "./probe/read-echo.ts";
export { renderProbeSet } from "./probe/render-probe-set.ts";
export { formatSerial, type SerialSpelling } from "./serial/format-serial.ts";
export { parseSerial } from "./serial/parse-serial.ts";
