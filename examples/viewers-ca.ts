/**
 * The CA of the viewers, as the open-source serverless CA keeps it: a root and an issuing CA, whose bundle lies in a
 * bucket of their own account and region. On the simulation this plays that CA; on a real account it runs already.
 */
import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";

/** Where the bundle of a CA lies. */
export interface BundlePlace {
  readonly bucket: string;
  readonly key: string;
}

/** A client certificate and its key, PEM; the chain leaf first. */
export interface ClientCertificate {
  readonly chain: string;
  readonly key: string;
}

/**
 * Makes the CA, puts its bundle where another account may read it, and issues a certificate for a laptop.
 *
 * @param s3 a client of the CA's account, in a region other than us-east-1
 * @param reader the account that may read the bundle
 */
export async function playServerlessCa(
  s3: S3Client,
  { bucket: Bucket, key: Key }: BundlePlace,
  reader: string,
): Promise<ClientCertificate> {
  const root = await createAuthority({ subject: "CN=Serverless Root CA,O=Example", key: await makeKey() });
  const issuing = await root.issueAuthority({
    subject: "CN=Serverless Issuing CA,O=Example",
    key: await makeKey(),
  });
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: untidyBundle(root.certificate.pem, issuing.certificate.pem),
      // What that CA writes, and a reason why its bundle can't be given to CloudFront as it is.
      ContentType: "application/x-pkcs7-crl",
    }),
  );
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: readPolicy(Bucket, reader) }));
  const key = await makeKey();
  const csr = await createCsr({ subject: "CN=laptop,O=Example", key });
  const leaf = await issuing.issue(csr, { days: 365 });
  return { chain: leaf.chain, key: key.export() };
}

/** A client certificate of a CA that nobody trusts. */
export async function makeStranger(): Promise<ClientCertificate> {
  const nowhere = await createAuthority({ subject: "CN=Somebody's own CA", key: await makeKey() });
  const key = await makeKey();
  const leaf = await nowhere.issue(await createCsr({ subject: "CN=stranger", key }));
  return { chain: leaf.chain, key: key.export() };
}

/** What people make of a bundle: comments that CloudFront refuses for their dashes, blank lines, a CA twice, no order. */
function untidyBundle(root: string, issuing: string): string {
  return [
    "# serverless-ca-bundle-dev",
    "",
    "# Serverless Issuing CA - renewed",
    issuing,
    "",
    "# Serverless Root CA",
    root.replaceAll("\n", "\r\n"),
    "# as it was mailed on Monday",
    issuing,
  ].join("\n");
}

function readPolicy(bucket: string, reader: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${reader}:root` },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${bucket}/*`,
      },
    ],
  });
}

function makeKey() {
  return generateKey({ type: "ec", curve: "P-256" });
}
