/**
 * What each provider takes and refuses, as dated data with its sources, and the one function that judges by it. Entry
 * `@handfast/core/rules`.
 */
export { blocksOf } from "./checks/text.ts";
export { type JudgeOptions, judge, limitOf } from "./judge.ts";
export { albBundle, albCrls } from "./packs/alb.ts";
export { apiGatewayTruststore } from "./packs/api-gateway.ts";
export { cloudflareApiShieldCa, cloudflareOriginPullIdentity } from "./packs/cloudflare.ts";
export {
  acmImport,
  cloudFrontBundle,
  cloudFrontOcspIdentity,
  cloudFrontOriginIdentity,
} from "./packs/cloudfront.ts";
export { opensslBundle, opensslCrls, opensslIdentity } from "./packs/openssl.ts";
export { rolesAnywhereAnchor, rolesAnywhereCrls, rolesAnywhereIdentity } from "./packs/roles-anywhere.ts";
export { pemLength } from "./pem-length.ts";
export type {
  Given,
  KeyLimits,
  Materials,
  Matter,
  Parameters,
  Placed,
  PlacedCrl,
  Rule,
  RuleFinding,
  RulePack,
  RuleSeverity,
} from "./rule.ts";
