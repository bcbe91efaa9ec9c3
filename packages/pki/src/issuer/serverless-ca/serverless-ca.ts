import { type Clock, systemClock } from "@handfast/core";
import type { Leaf } from "../../authority/leaf.ts";
import type { Issuer } from "../issuer.ts";
import { checkLeaf } from "./check-leaf.ts";
import { invokePatiently } from "./invoke-patiently.ts";
import { type CaPurpose, makePayload } from "./make-payload.ts";
import { namesOf } from "./object-names.ts";
import { readAnswer } from "./read-answer.ts";
import { type CaBundle, readBundle } from "./read-bundle.ts";
import { readCaCrl } from "./read-ca-crl.ts";
import { readObject } from "./read-object.ts";
import { readWish } from "./read-wish.ts";
import { connectBucket, connectFunction, type LambdaSource, type S3Source } from "./sdk-client.ts";

/** Which serverless CA, and how it is asked. */
export interface ServerlessCaOptions {
  /** AWS region of the CA. */
  readonly region: string;
  /** Name of the external bucket: output `external_s3_bucket_name` of the CA's Terraform module. */
  readonly bucket: string;
  /** Variable `env` of the module. */
  readonly environment: string;
  /** Variable `project` of the module. @default "serverless" */
  readonly project?: string | undefined;
  /** Variable `prod_envs` of the module. @default ["prd", "prod"] */
  readonly productionEnvironments?: readonly string[] | undefined;
  /** Name or ARN of the TLS function; the ARN from another account. @default `<project>-tls-cert-<environment>` */
  readonly function?: string | undefined;
  /** Key of the bundle. @default `<project>-ca-bundle-<environment>.pem`, without the environment in production */
  readonly bundle?: string | undefined;
  /**
   * SHA-256 of the roots that the bundle may hold, hex with or without colons. Without it whoever can write to the bucket decides
   * whom your verifiers trust.
   */
  readonly roots?: readonly string[] | undefined;
  /** Whole days of a certificate. The CA gives no more than its `max_cert_lifetime`. @default 30 */
  readonly days?: number | undefined;
  /** What certificates are for. @default "client" */
  readonly purpose?: "client" | "client-and-server" | undefined;
  /**
   * Certify a key again that the CA has certified under this name already. Without it the CA refuses the second request
   * for a key, also when the answer to the first was lost.
   *
   * @default false
   */
  readonly reissue?: boolean | undefined;
  /** Milliseconds until a call without an answer is given up. @default 200,000: the CA's function may take 180 s */
  readonly timeoutMs?: number | undefined;
  /** How many times a request is sent at most while Lambda says that it did not run it. @default 5 */
  readonly attempts?: number | undefined;
  /** A Lambda client of yours, or its configuration. */
  readonly lambda?: LambdaSource | undefined;
  /** An S3 client of yours, or its configuration. */
  readonly s3?: S3Source | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A serverless CA as an {@link Issuer}, with its CRLs. */
export interface ServerlessCa extends Issuer {
  /**
   * PEM of the CRLs of its issuing CA and its root, each signed by a CA of the bundle: `crls` of a spec's trust entry. The
   * CA makes them once a day and each is valid for a day and ten minutes; a verifier that minds that needs them as often.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when none of the bundle's CAs signed one, or it is out of date
   */
  crls(signal?: AbortSignal): Promise<readonly string[]>;
}

/** More than the CA publishes: a bundle of two certificates, and a CRL of a hundred thousand entries. */
const mostBundleBytes = 1_048_576;
const mostCrlBytes = 16_777_216;

/**
 * The open-source serverless CA (`serverless-ca/terraform-aws-ca`) as an {@link Issuer}: a request goes to its Lambda
 * function, trust is the bundle in its bucket. What comes back is believed only after it was checked. Needs
 * `lambda:InvokeFunction` on the function and `s3:GetObject` in the bucket; loads the AWS SDK at first use. What is known
 * of the CA, and what is not: docs/discoveries/serverless-ca.md.
 *
 * Errors: `REMOTE_REJECTED` when the CA refuses (the key was certified before, see `reissue`) or its function fails,
 * `CERTIFICATE_UNSUITABLE` when what comes back is not what was asked for. `details.outcomeUnknown` says that a
 * certificate may have been issued all the same.
 *
 * @example
 * ```ts
 * import { createCsr, generateKey } from "@handfast/pki";
 * import { serverlessCa } from "@handfast/pki/serverless-ca";
 *
 * export async function edge() {
 *   const ca = serverlessCa({
 *     region: "eu-west-2",
 *     environment: "dev",
 *     bucket: "serverless-ca-external-dev-k1kdp",
 *     roots: ["2d4f9d6c1f3a7d1f0c8e5b6a79d8c0b1a2e3f405162738495a6b7c8d9e0f1a2b"],
 *   });
 *   const key = await generateKey({ type: "ec", curve: "P-256" });
 *   const leaf = await ca.issue(await createCsr({ subject: "CN=edge.example.com", key }), { days: 90 });
 *   return { trust: { edge: await ca.trust() }, identities: { edge: leaf.identity("edge-key") }, key };
 * }
 * ```
 */
export function serverlessCa(options: ServerlessCaOptions): ServerlessCa {
  const { region, bucket: bucketName, clock = systemClock, timeoutMs = 200_000, reissue = false } = options;
  const names = namesOf({
    project: options.project ?? "serverless",
    environment: options.environment,
    productionEnvironments: options.productionEnvironments ?? ["prd", "prod"],
  });
  const purposes: readonly CaPurpose[] =
    options.purpose === "client-and-server" ? ["client_auth", "server_auth"] : ["client_auth"];
  const target = once(() => connectFunction(options.function ?? names.function, region, options.lambda));
  const bucket = once(() => connectBucket(bucketName, region, options.s3));

  const read = async (key: string, most: number, signal: AbortSignal | undefined): Promise<Uint8Array> =>
    readObject(await bucket(), key, { clock, timeoutMs, signal, most });
  const bundle = async (signal: AbortSignal | undefined): Promise<CaBundle> => {
    const key = options.bundle ?? names.bundle;
    const bytes = await read(key, mostBundleBytes, signal);
    const place = `bundle=s3://${bucketName}/${key}`;
    return readBundle(bytes, { roots: options.roots, now: clock.now(), place });
  };

  return {
    issue: async (csr, { days = options.days ?? 30, signal } = {}): Promise<Leaf> => {
      if (!Number.isInteger(days) || days < 1)
        throw new TypeError(`serverlessCa: ${days} is no number of days; the CA takes whole ones, from 1`);
      const wish = readWish(csr);
      const payload = makePayload(wish, { lifetime: days, purposes, reissue });
      // Before the CA is asked: a certificate that can't be judged would be one that is lost.
      const known = await bundle(signal);
      const asked = await target();
      const patience = { clock, timeoutMs, attempts: options.attempts ?? 5, signal };
      const answer = await invokePatiently(asked, payload, patience);
      const [leaf, ...sent] = readAnswer(answer, asked, wish.commonName);
      return checkLeaf(leaf, sent, known, { wish, purposes, days, now: clock.now() });
    },
    trust: async (signal) => (await bundle(signal)).bundle.trust,
    crls: async (signal) => {
      const { certificates } = (await bundle(signal)).bundle;
      const crl = async (key: string): Promise<string> => {
        const bytes = await read(key, mostCrlBytes, signal);
        return readCaCrl(bytes, certificates, clock.now(), `crl=s3://${bucketName}/${key}`);
      };
      return Promise.all([crl(names.issuingCrl), crl(names.rootCrl)]);
    },
  };
}

/** Runs at first use, and again after a failure. */
function once<R>(make: () => Promise<R>): () => Promise<R> {
  let made: Promise<R> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
