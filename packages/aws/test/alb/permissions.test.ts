import { describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { permissionsOfAlb } from "../../src/alb/permissions.ts";
import { digest, listener, off, options, passthrough, verify } from "./states.ts";

const elb = (name: string): string => `elasticloadbalancing:${name}`;
const [bundle, file] = ["handfast/trust/1.pem", "handfast/crl/2.pem"];
const storeArn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/hf-1/*";
const [bundleArn, fileArn] = [bundle, file].map((key) => `arn:aws:s3:::bundles/${key}`) as [string, string];
const expects = { anchors: { known: [digest("a")] }, crls: { known: [digest("crl")] } };

/** What is asked, as one line each: `action on resource`. */
const asked = (action?: AlbAction, of = listener): readonly string[] =>
  permissionsOfAlb(of, action, options).map(({ allow, on }) => `${allow} ${on}`);

describe("permissionsOfAlb", () => {
  it.each<[string, AlbAction | undefined, readonly string[]]>([
    [
      "reading",
      undefined,
      [
        `${elb("DescribeListeners")} *`,
        `${elb("DescribeTags")} *`,
        `${elb("DescribeTrustStoreAssociations")} *`,
        `${elb("DescribeTrustStoreRevocations")} *`,
        `${elb("DescribeTrustStores")} *`,
        `${elb("GetTrustStoreCaCertificatesBundle")} arn:aws:elasticloadbalancing:eu-west-1:*:truststore/*/*`,
        `${elb("GetTrustStoreRevocationContent")} arn:aws:elasticloadbalancing:eu-west-1:*:truststore/*/*`,
        "s3:GetBucketVersioning arn:aws:s3:::bundles",
        "s3:ListBucket arn:aws:s3:::bundles",
      ],
    ],
    [
      "making a store",
      { kind: "create-store", store: "hf-1", anchors: [], bundle },
      [
        `${elb("DescribeTags")} *`,
        `${elb("DescribeTrustStores")} *`,
        `${elb("AddTags")} ${storeArn}`,
        `${elb("CreateTrustStore")} ${storeArn}`,
        `${elb("GetTrustStoreCaCertificatesBundle")} ${storeArn}`,
        `s3:GetObject ${bundleArn}`,
        `s3:GetObjectVersion ${bundleArn}`,
        `s3:PutObject ${bundleArn}`,
      ],
    ],
    [
      "attaching a CRL",
      { kind: "add-crl", store: "hf-1", crl: digest("crl"), file },
      [
        `${elb("DescribeTrustStoreRevocations")} *`,
        `${elb("DescribeTrustStores")} *`,
        `${elb("AddTrustStoreRevocations")} ${storeArn}`,
        `${elb("GetTrustStoreRevocationContent")} ${storeArn}`,
        `s3:GetObject ${fileArn}`,
        `s3:GetObjectVersion ${fileArn}`,
        `s3:PutObject ${fileArn}`,
      ],
    ],
    [
      "passing certificates through",
      { kind: "set-listener", from: off, to: passthrough },
      [`${elb("DescribeListeners")} *`, `${elb("ModifyListener")} ${listener}`],
    ],
    [
      "verifying with a store that was just made",
      { kind: "set-listener", from: off, to: verify("hf-1") },
      [
        `${elb("DescribeListeners")} *`,
        `${elb("ModifyListener")} ${listener}`,
        `${elb("DescribeTrustStores")} *`,
      ],
    ],
    [
      "verifying with a store that was found",
      { kind: "set-listener", from: off, to: verify("hf-1"), expects },
      [
        `${elb("DescribeListeners")} *`,
        `${elb("ModifyListener")} ${listener}`,
        `${elb("DescribeTrustStores")} *`,
        `${elb("GetTrustStoreCaCertificatesBundle")} ${storeArn}`,
        `${elb("DescribeTrustStoreRevocations")} *`,
        `${elb("GetTrustStoreRevocationContent")} ${storeArn}`,
      ],
    ],
    [
      "verifying with a store of another account that can't be read",
      {
        kind: "set-listener",
        from: off,
        to: verify("444455556666/theirs"),
        expects: { anchors: { unknown: "refused" }, crls: { unknown: "refused" } },
      },
      [
        `${elb("DescribeListeners")} *`,
        `${elb("ModifyListener")} ${listener}`,
        `${elb("DescribeTrustStores")} *`,
      ],
    ],
    [
      "deleting a store",
      { kind: "delete-store", store: "hf-1", files: [bundle, file] },
      [
        `${elb("DescribeTrustStoreAssociations")} *`,
        `${elb("DescribeTrustStores")} *`,
        `${elb("DeleteTrustStore")} ${storeArn}`,
        `s3:DeleteObject ${bundleArn}`,
        `s3:DeleteObject ${fileArn}`,
      ],
    ],
  ])("names what is needed for %s", (_what, action, wanted) => {
    expect(asked(action)).toEqual(wanted);
  });

  it("speaks of the partition that the listener is in, and of the account that a store is in", () => {
    const china = listener.replace("arn:aws:", "arn:aws-cn:");
    expect(asked(undefined, china).filter((line) => line.includes("arn:aws:"))).toEqual([]);
    const action: AlbAction = { kind: "set-listener", from: off, to: verify("444455556666/theirs"), expects };
    expect(asked(action)).toContain(
      `${elb("GetTrustStoreCaCertificatesBundle")} arn:aws:elasticloadbalancing:eu-west-1:444455556666:truststore/theirs/*`,
    );
  });
});
