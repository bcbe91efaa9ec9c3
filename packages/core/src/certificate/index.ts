/**
 * Reading certificates, revocation lists, names and PEM, for those who write adapters or rules: what the planner itself
 * reads with. Entry `@handfast/core/certificates`.
 */
export { attributeName, attributeType } from "./attribute-types.ts";
export { canonicalName } from "./canonical-name.ts";
export { type CrlSignature, type CrlSignatureFault, checkCrlSignature } from "./crl-signature.ts";
export { type CertificateParts, dissectCertificate, publicKeyBits } from "./dissect-certificate.ts";
export type { CrlExtension } from "./dissect-crl.ts";
export { formatName } from "./format-name.ts";
export type { GeneralName } from "./general-names.ts";
export type { IssuingDistributionPoint } from "./issuing-distribution-point.ts";
export { type KeyUsage, keyUsages } from "./key-usage.ts";
export { labelDer } from "./label-der.ts";
export { type Extension, listExtensions } from "./list-extensions.ts";
export { type NameConstraints, readNameConstraints, type Subtree } from "./name-constraints.ts";
export { type PemBlock, type PemFault, readBlocks } from "./read-blocks.ts";
export { isSignedBy, partsOf, subjectDer } from "./read-certificate.ts";
export { type CrlParts, crlPartsOf, readCrlInPlace } from "./read-crl.ts";
export {
  child,
  children,
  type DerNode,
  eachChild,
  isTime,
  readDer,
  readOid,
  readTime,
  readWholeDer,
} from "./read-der.ts";
export {
  checkDerivation,
  derivationLimits,
  type KeyDerivation,
  type PasswordEncryption,
  readEncryptedKey,
  readPasswordEncryption,
} from "./read-password-encryption.ts";
export { type RevocationReason, revocationReasons } from "./revocation-reason.ts";
export type { EntryPlace, RevokedEntries, RevokedEntry } from "./revoked-entries.ts";
export { contentOf, endOf, timeAt } from "./scan-der.ts";
export { SerialTable } from "./serial-table.ts";
export { type SignatureAlgorithm, signatureAlgorithm } from "./signature-algorithm.ts";
export { readSubjectAltNames } from "./subject-alt-names.ts";
export { writeBlock } from "./write-block.ts";
