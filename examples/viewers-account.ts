/** Your own accounts, as cloudfront-viewers.ts says at its top. */
import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { ACMClient } from "@aws-sdk/client-acm";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fileJournal, systemClock } from "@handfast/core";
import type { Place } from "./viewers-place.ts";

/** Reads the variables, and asks whose credentials they are. Changes nothing. */
export async function accountPlace(variables: Readonly<Record<string, string | undefined>>): Promise<Place> {
  const read = (name: string): string => {
    const value = variables[name];
    if (value === undefined || value === "") throw new Error(`${name} is not set; see the top of this file`);
    return value;
  };
  const domain = read("HANDFAST_SITE_DOMAIN");
  const bucket = read("HANDFAST_SITE_BUCKET");
  const bundle = new URL(read("HANDFAST_CA_BUNDLE"));
  const viewer = {
    chain: await readFile(read("HANDFAST_VIEWER_CHAIN"), "utf8"),
    key: await readFile(read("HANDFAST_VIEWER_KEY"), "utf8"),
  };
  const region = "us-east-1";
  const { Account = "" } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
  return {
    name: `account ${Account}`,
    account: Account,
    domain,
    siteBucket: bucket,
    trustBucket: `${bucket}-trust`,
    clock: systemClock,
    journal: fileJournal(".handfast"),
    clients: {
      s3: new S3Client({ region }),
      cloudfront: new CloudFrontClient({ region }),
      acm: new ACMClient({ region }),
    },
    reach: { cloudfront: {}, s3: {} },
    bundle: {
      bucket: bundle.hostname,
      key: decodeURIComponent(bundle.pathname.slice(1)),
      region: read("HANDFAST_CA_REGION"),
      owner: read("HANDFAST_CA_ACCOUNT"),
    },
    viewer,
    // Whoever runs this puts the records into DNS.
    validate: async () => undefined,
    edge: async ({ domainName }) => ({
      tls: { host: domainName, port: 443 },
      plain: { host: domainName, port: 80 },
      ca: rootCertificates.join("\n"),
    }),
    inventory: () => undefined,
    close: async () => undefined,
  };
}
