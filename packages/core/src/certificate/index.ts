/**
 * Reading certificates, revocation lists, names and PEM, for those who write adapters or rules: what the planner itself
 * reads with. Entry `@handfast/core/certificates`.
 */
export { attributeName, attributeType } from "./attribute-types.ts";
export { type CertificateParts, dissectCertificate, publicKeyBits } from "./dissect-certificate.ts";
export { formatName } from "./format-name.ts";
export { type PemBlock, type PemFault, readBlocks } from "./read-blocks.ts";
export { partsOf, subjectDer } from "./read-certificate.ts";
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
export { type SignatureAlgorithm, signatureAlgorithm } from "./signature-algorithm.ts";
