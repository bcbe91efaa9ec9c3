/**
 * The IAM actions behind every call, with the resources that each of them knows ("Actions, resources, and condition keys"
 * for Amazon CloudFront and for AWS Certificate Manager, Service Authorization Reference).
 */
import type { Permission } from "@handfast/core";
import { parseArn } from "../arn.ts";
import type { OriginAction } from "./actions.ts";
import { acmRegion } from "./state.ts";

/**
 * What a write needs; without one, what a look needs. Many distributions are looked at by `cloudfront:ListDistributions`
 * where that is allowed, and one by one where it is not.
 */
export function permissionsOfOrigin(
  distribution: string,
  action: OriginAction | undefined,
): readonly Permission[] {
  const { partition, account } = parseArn(distribution);
  const on = (resource: string, ...actions: readonly string[]): readonly Permission[] =>
    actions.map((allow) => ({ allow, on: resource }));
  // ACM ends an ARN with an id that nobody knows before the import.
  const certificates = `arn:${partition}:acm:${acmRegion}:${account}:certificate/*`;
  const finding = [
    ...on("*", "acm:ListCertificates"),
    ...on(certificates, "acm:GetCertificate", "acm:ListTagsForCertificate"),
  ];
  switch (action?.kind) {
    case undefined:
      return [
        ...on(distribution, "cloudfront:GetDistribution", "cloudfront:ListTagsForResource"),
        ...finding,
        ...on(certificates, "acm:DescribeCertificate"),
      ];
    case "import-certificate":
      return [...finding, ...on(certificates, "acm:AddTagsToCertificate", "acm:ImportCertificate")];
    case "set-origin":
      return [
        ...on(distribution, "cloudfront:GetDistributionConfig", "cloudfront:UpdateDistribution"),
        ...finding,
      ];
    case "delete-certificate":
      return [
        ...on("*", "cloudfront:ListDistributions"),
        ...finding,
        ...on(certificates, "acm:DeleteCertificate", "acm:DescribeCertificate"),
      ];
  }
}
