/** The port {@link Certificates} on the AWS SDK. The only file that imports the ACM client; it is loaded at first use. */
import type * as Acm from "@aws-sdk/client-acm";
import { HandfastError } from "@handfast/core";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import type { CertificateDescription, CertificateRecord, Certificates } from "./port.ts";

/** A client of yours, or what to make one of. */
export type AcmSource = Acm.ACMClient | Acm.ACMClientConfig;

/** Where, and with what. */
export interface CertificatesOptions {
  /** That of the certificates; a region in the source's configuration does not count. */
  readonly region: string;
  readonly source?: AcmSource | undefined;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}

/** A call, for the error that it may end in. */
interface Call {
  readonly operation: string;
  readonly doing: string;
  readonly at?: Readonly<Record<string, string>> | undefined;
  readonly writes?: boolean | undefined;
}

/** By default a list hides all but small RSA keys (ACM API `ListCertificates`). */
const keyTypes: readonly Acm.KeyAlgorithm[] = [
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
];

/** An answer that the SDK would try again, kept from it. */
class Final extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super("not to be tried again");
    this.answer = answer;
  }
}

/**
 * Connects to ACM in one region. Loads the SDK; sends nothing yet.
 *
 * @throws HandfastError `PRECONDITION_FAILED` for a client that is connected to another region
 */
export async function connectCertificates(options: CertificatesOptions): Promise<Certificates> {
  const { region, source = {}, timeoutMs } = options;
  const sdk = await import("@aws-sdk/client-acm");
  const client =
    "send" in source
      ? source
      : new sdk.ACMClient({ maxAttempts: 4, ...withinTime(timeoutMs), ...source, region });
  await checkRegion(client, region);

  const call = async <R>(facts: Call, send: () => Promise<R>): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      const thrown = error instanceof Final ? error.answer : error;
      throw translateError(thrown, { ...facts, writes: facts.writes ?? false, at: { ...facts.at, region } });
    }
  };

  return {
    imported: (abortSignal) =>
      call({ operation: "ListCertificates", doing: "list certificates" }, async () => {
        const input: Acm.ListCertificatesCommandInput = {
          Includes: { keyTypes: [...keyTypes], extendedKeyUsage: ["TLS_WEB_CLIENT_AUTHENTICATION"] },
          MaxItems: 1_000,
        };
        const found: CertificateRecord[] = [];
        for await (const page of sdk.paginateListCertificates({ client }, input, { abortSignal })) {
          const summaries = page.CertificateSummaryList ?? [];
          found.push(...summaries.filter(({ Type }) => Type === "IMPORTED").map(toRecord));
        }
        return found;
      }),
    read: async (certificate, abortSignal) => {
      const { Certificate = "", CertificateChain = "" } = await call(
        { operation: "GetCertificate", doing: "read certificate", at: { certificate } },
        () => client.send(new sdk.GetCertificateCommand({ CertificateArn: certificate }), { abortSignal }),
      );
      return { certificate: Certificate, chain: CertificateChain };
    },
    describe: async (certificate, abortSignal) => {
      const { Certificate } = await call(
        { operation: "DescribeCertificate", doing: "describe certificate", at: { certificate } },
        () =>
          client.send(new sdk.DescribeCertificateCommand({ CertificateArn: certificate }), { abortSignal }),
      );
      return toDescription(Certificate);
    },
    tags: async (certificate, abortSignal) => {
      const { Tags = [] } = await call(
        { operation: "ListTagsForCertificate", doing: "read tags", at: { certificate } },
        () =>
          client.send(new sdk.ListTagsForCertificateCommand({ CertificateArn: certificate }), {
            abortSignal,
          }),
      );
      return Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
    },
    import: async ({ certificate, chain, privateKey, tags }, abortSignal) => {
      const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
      const command = new sdk.ImportCertificateCommand({
        Certificate: bytes(certificate),
        PrivateKey: bytes(privateKey),
        ...(chain === "" ? {} : { CertificateChain: bytes(chain) }),
        Tags: toTags(tags),
      });
      command.middlewareStack.add(
        keeping(() => true),
        insideRetries,
      );
      const { CertificateArn = "" } = await call(
        { operation: "ImportCertificate", doing: "import certificate", writes: true },
        () => client.send(command, { abortSignal }),
      );
      return CertificateArn;
    },
    delete: async (certificate, abortSignal) => {
      await call(
        {
          operation: "DeleteCertificate",
          doing: "delete certificate",
          at: { certificate },
          writes: true,
        },
        () => client.send(new sdk.DeleteCertificateCommand({ CertificateArn: certificate }), { abortSignal }),
      );
    },
    request: async ({ domain, alternatives, keyAlgorithm, tags, token }, abortSignal) => {
      const command = new sdk.RequestCertificateCommand({
        DomainName: domain,
        ...(alternatives.length === 0 ? {} : { SubjectAlternativeNames: [...alternatives] }),
        ValidationMethod: "DNS",
        KeyAlgorithm: keyAlgorithm,
        IdempotencyToken: token,
        ...(Object.keys(tags).length === 0 ? {} : { Tags: toTags(tags) }),
      });
      command.middlewareStack.add(keeping(isQuota), insideRetries);
      const { CertificateArn = "" } = await call(
        { operation: "RequestCertificate", doing: "request certificate", at: { domain }, writes: true },
        () => client.send(command, { abortSignal }),
      );
      return CertificateArn;
    },
  };
}

/** CloudFront takes certificates of one region only: one that lies elsewhere would be found out when it is switched to. */
async function checkRegion(client: Acm.ACMClient, wanted: string): Promise<void> {
  const region = await client.config.region();
  if (region === wanted) return;
  throw new HandfastError(
    "PRECONDITION_FAILED",
    `connect to ACM failed [region=${wanted}]: the client that was given is connected to ${region}; give one of ${wanted}, or its configuration alone`,
    { facts: { region: wanted, given: region } },
  );
}

const insideRetries = { step: "deserialize", priority: "high" } as const;

/** Keeps errors of an answer from the part of the SDK that tries again, which is around this one. */
function keeping(isFinal: (error: unknown) => boolean) {
  return <A, R>(next: (args: A) => Promise<R>) =>
    async (args: A): Promise<R> => {
      try {
        return await next(args);
      } catch (error) {
        throw isFinal(error) ? new Final(error) : error;
      }
    };
}

/** ACM's word for a quota that is used up, which the SDK takes for a call too many. */
function isQuota(error: unknown): boolean {
  return error instanceof Error && error.name === "LimitExceededException";
}

function toTags(tags: Readonly<Record<string, string>>): Acm.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function toRecord(summary: Acm.CertificateSummary): CertificateRecord {
  return {
    arn: summary.CertificateArn ?? "",
    notBefore: summary.NotBefore?.getTime() ?? 0,
    notAfter: summary.NotAfter?.getTime() ?? 0,
    importedAt: summary.ImportedAt?.getTime() ?? 0,
    inUse: summary.InUse ?? true,
  };
}

function toDescription(detail: Acm.CertificateDetail | undefined): CertificateDescription {
  return {
    status: detail?.Status ?? "unknown",
    failureReason: detail?.FailureReason,
    users: detail?.InUseBy ?? [],
    domains: (detail?.DomainValidationOptions ?? []).map(({ DomainName: domain = "", ResourceRecord }) => {
      if (ResourceRecord === undefined) return { domain };
      const { Name: name = "", Type: type = "CNAME", Value: value = "" } = ResourceRecord;
      return { domain, record: { domain, name, type, value } };
    }),
  };
}
