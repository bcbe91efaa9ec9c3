import type { Clock } from "@handfast/core";
import { type KeySpec, toPem } from "../../issuing/certificate-authority.ts";
import type { LambdaFunctions } from "../lambda/functions.ts";
import { checksumOf } from "../s3/checksums.ts";
import type { S3Models } from "../s3/models.ts";
import { type Hierarchy, makeHierarchy, makeRevocationList } from "./hierarchy.ts";
import { objectNames } from "./object-names.ts";
import { records as newRecords, type RecordsState } from "./records.ts";
import { tlsCertificate } from "./tls-certificate.ts";

/** Options of `Aws.addServerlessCa`: variables of the CA's Terraform module. */
export interface ServerlessCaOptions {
  /** @default "serverless" */
  readonly project?: string | undefined;
  /** @default "dev" */
  readonly environment?: string | undefined;
  /** The most days that a certificate is given. @default 365 */
  readonly maxCertLifetime?: number | undefined;
  /** @default "ECC_NIST_P384" */
  readonly rootKey?: KeySpec | undefined;
  /** @default "ECC_NIST_P256" */
  readonly issuingKey?: KeySpec | undefined;
  /** Other accounts that may invoke the function and read the external bucket. */
  readonly principals?: readonly string[] | undefined;
  /** Whether its Step Function has run already. @default true */
  readonly started?: boolean | undefined;
}

/** A serverless CA of the account. */
export interface AddedServerlessCa {
  readonly functionName: string;
  readonly functionArn: string;
  /** The external bucket, with CA certificates, the bundle and CRLs. */
  readonly bucket: string;
  /** PEM; undefined until the Step Function has run. */
  readonly root: string | undefined;
  readonly issuing: string | undefined;
  /** Serials that it issued, decimal, oldest first. */
  serials(): readonly string[];
  /** What stands in `revoked.json`: it counts from the next run on. Revoking twice changes nothing. */
  revoke(serial: string): void;
  /** The Step Function, which a schedule starts once a day: makes CAs that are not there yet, and publishes CRLs. */
  run(): void;
}

/** Adds such CAs to an account. */
export interface ServerlessCas {
  add(options?: ServerlessCaOptions): AddedServerlessCa;
  /** Remembers what is there now. Calling the answer puts it back, as often as it is called. */
  keep(): () => void;
}

const validityOfLists = 86_400_000 + 600_000;

/** The open-source CA of `serverless-ca/terraform-aws-ca`, as a function and a bucket of the account. Its keys are new in every run. */
export function serverlessCas(world: {
  readonly functions: LambdaFunctions;
  readonly objects: S3Models;
  readonly region: string;
  readonly accountId: string;
  readonly clock: Clock;
}): ServerlessCas {
  const { functions, objects, region, accountId, clock } = world;
  const tables = new Set<ReturnType<typeof newRecords>>();

  const add = (options: ServerlessCaOptions = {}): AddedServerlessCa => {
    const { project = "serverless", environment = "dev", principals = [] } = options;
    const names = objectNames({ project, environment });
    const table = newRecords();
    tables.add(table);
    let hierarchy: Hierarchy | undefined;
    const bucket = objects.createBucket({
      name: names.bucket,
      region,
      owner: accountId,
      versioning: "Enabled",
      readers: new Set(principals),
    });
    const functionArn = functions.add(
      names.function,
      tlsCertificate({
        hierarchy: () => hierarchy,
        records: table,
        maxLifetime: options.maxCertLifetime ?? 365,
      }),
      { timeout: 180, invokers: principals },
    );
    const publish = (key: string, content: string | Uint8Array, contentType: string): void => {
      const bytes = new Uint8Array(Buffer.from(content));
      const checksum = checksumOf(bytes, "CRC32");
      objects.put(bucket, key, { bytes, contentType, headers: {}, tags: {}, checksum });
    };
    const make = (): Hierarchy => {
      const made = makeHierarchy(clock.now(), {
        root: options.rootKey ?? "ECC_NIST_P384",
        issuing: options.issuingKey ?? "ECC_NIST_P256",
      });
      publish(`${names.root}.crt`, made.rootCertificate, "application/x-x509-ca-cert");
      publish(`${names.issuing}.crt`, made.issuingCertificate, "application/x-x509-ca-cert");
      publish(names.bundle, made.rootCertificate + made.issuingCertificate, "application/x-pem-file");
      return made;
    };
    const publishList = (name: string, list: Buffer): void => {
      publish(`${name}.crl`, list, "application/x-pkcs7-crl");
      publish(`${name}.crl.pem`, toPem(list, "X509 CRL"), "application/x-pem-file");
    };
    const run = (): void => {
      hierarchy ??= make();
      const now = clock.now();
      const { issued, crlNumber } = table.now();
      const validity = { number: crlNumber + 1, thisUpdate: now, nextUpdate: now + validityOfLists };
      const revoked = issued.flatMap(({ serial, revokedAt }) =>
        revokedAt === undefined ? [] : [{ serial, at: revokedAt }],
      );
      publishList(names.root, makeRevocationList(hierarchy.root, { ...validity, revoked: [] }));
      publishList(names.issuing, makeRevocationList(hierarchy.issuing, { ...validity, revoked }));
      table.write({ crlNumber: crlNumber + 1 });
    };
    if (options.started !== false) run();

    return {
      functionName: names.function,
      functionArn,
      bucket: names.bucket,
      get root() {
        return hierarchy?.rootCertificate;
      },
      get issuing() {
        return hierarchy?.issuingCertificate;
      },
      serials: () => table.now().issued.map(({ serial }) => serial),
      revoke: (serial) => {
        const issued = table
          .now()
          .issued.map((one) =>
            one.serial === serial && one.revokedAt === undefined ? { ...one, revokedAt: clock.now() } : one,
          );
        table.write({ issued });
      },
      run,
    };
  };

  return {
    add,
    keep: () => {
      const kept = [...tables].map((table) => [table, table.now()] as const);
      return () => {
        for (const [table, state] of kept) table.write(state satisfies RecordsState);
      };
    },
  };
}
