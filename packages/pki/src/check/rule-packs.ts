import {
  acmImport,
  albBundle,
  albCrls,
  apiGatewayTruststore,
  cloudFrontBundle,
  cloudFrontOcspIdentity,
  cloudFrontOriginIdentity,
  cloudflareApiShieldCa,
  cloudflareOriginPullIdentity,
  opensslBundle,
  opensslCrls,
  opensslIdentity,
  rolesAnywhereAnchor,
  rolesAnywhereCrls,
  rolesAnywhereIdentity,
} from "@handfast/core/rules";

/**
 * What each provider takes, by provider and part: dated data, each rule with its source. Write one of your own for a
 * verifier that is not here: a `RulePack` of `@handfast/core/rules`.
 */
export const rulePacks = {
  acmImport,
  albBundle,
  albCrls,
  apiGatewayTruststore,
  cloudFrontBundle,
  cloudFrontOcspIdentity,
  cloudFrontOriginIdentity,
  cloudflareApiShieldCa,
  cloudflareOriginPullIdentity,
  opensslBundle,
  opensslCrls,
  opensslIdentity,
  rolesAnywhereAnchor,
  rolesAnywhereCrls,
  rolesAnywhereIdentity,
} as const;
