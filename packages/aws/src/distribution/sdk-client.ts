/** The port {@link Distributions} on the AWS SDK. The client for CloudFront is loaded at first use. */
import type * as CloudFront from "@aws-sdk/client-cloudfront";
import { HandfastError, isHandfastError } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { type CallFacts, translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import { toDistribution } from "./answers.ts";
import type { DistributionRecord, Distributions } from "./port.ts";

/** A client of yours, or what to make one of. */
export type CloudFrontSource = CloudFront.CloudFrontClient | CloudFront.CloudFrontClientConfig;

/** With what. */
export interface DistributionsOptions {
  readonly source?: CloudFrontSource | undefined;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}

/** As many distributions are asked for one by one; more by a list, of which a page names a hundred. */
const fewDistributions = 4;
/** How many calls are under way at once: the service is throttled by account. */
const lanes = 4;

/** The SDK's module, loaded, and a client made with it. */
export interface CloudFrontConnection {
  readonly sdk: typeof CloudFront;
  readonly client: CloudFront.CloudFrontClient;
}

/** A client for CloudFront, whose API is in one region for all (AWS general reference, "Amazon CloudFront endpoints"). */
export async function connectCloudFront({
  source = {},
  timeoutMs,
}: DistributionsOptions): Promise<CloudFrontConnection> {
  const sdk = await import("@aws-sdk/client-cloudfront");
  const client =
    "send" in source
      ? source
      : new sdk.CloudFrontClient({
          region: "us-east-1",
          maxAttempts: 4,
          ...withinTime(timeoutMs),
          ...source,
        });
  return { sdk, client };
}

/** Connects to the distributions of an account. Loads the SDK; sends nothing yet. */
export async function connectDistributions(options: DistributionsOptions): Promise<Distributions> {
  const { sdk, client } = await connectCloudFront(options);
  let mayList = true;

  const call = async <R>(facts: CallFacts, send: () => Promise<R>): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      throw translateError(error, facts);
    }
  };

  const readOne = async (arn: string, abortSignal: AbortSignal): Promise<DistributionRecord | undefined> => {
    const { Distribution: found } = await call(facts("GetDistribution", "read distribution", arn), () =>
      client.send(new sdk.GetDistributionCommand({ Id: idOf(arn) }), { abortSignal }),
    );
    return found && toDistribution(found, found.DistributionConfig ?? {});
  };

  /** The pages of the list of all distributions: whoever reads them judges only those that it is about. */
  async function* listPages(
    abortSignal: AbortSignal,
  ): AsyncGenerator<readonly CloudFront.DistributionSummary[]> {
    const what = { operation: "ListDistributions", doing: "list distributions", at: {}, writes: false };
    let marker: string | undefined;
    do {
      const { DistributionList: page } = await call(what, () =>
        client.send(new sdk.ListDistributionsCommand({ Marker: marker, MaxItems: 100 }), { abortSignal }),
      );
      yield page?.Items ?? [];
      marker = page?.IsTruncated === true ? page.NextMarker : undefined;
    } while (marker !== undefined);
  }

  /** Reads the list until all are found, or more pages would cost more than asking for the rest. */
  const readList = async (
    arns: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<DistributionRecord[]> => {
    const left = new Set(arns);
    const found: DistributionRecord[] = [];
    let pages = 0;
    for await (const page of listPages(abortSignal)) {
      pages += 1;
      const ours = page.filter(({ ARN = "" }) => left.delete(ARN));
      found.push(...ours.map((summary) => toDistribution(summary, summary)));
      if (left.size <= fewDistributions || pages * 10 > arns.length) break;
    }
    return found;
  };

  return {
    read: async (arns, signal) => {
      const wanted = [...new Set(arns)];
      let found: DistributionRecord[] = [];
      if (wanted.length > fewDistributions && mayList) {
        try {
          found = await readList(wanted, signal);
        } catch (error) {
          if (!isHandfastError(error) || error.code !== "REMOTE_UNAUTHORIZED") throw error;
          // Who may only look at distributions by name is served, too, by more calls.
          mayList = false;
        }
      }
      const known = new Set(found.map(({ arn }) => arn));
      const rest = wanted.filter((arn) => !known.has(arn));
      const others = await inParallel(rest, lanes, (arn) => orNothing(readOne(arn, signal)));
      // The id alone is asked for: an ARN that names another account is not this distribution's.
      return [...found, ...others.flatMap((one) => one ?? [])].filter(({ arn }) => wanted.includes(arn));
    },
    config: async (arn, abortSignal) => {
      const command = new sdk.GetDistributionConfigCommand({ Id: idOf(arn) });
      let xml = "";
      const keepBody = takingBody(client.config.streamCollector, (text) => {
        xml = text;
      });
      command.middlewareStack.add(keepBody, { step: "deserialize", priority: "low" });
      const { ETag: etag } = await call(facts("GetDistributionConfig", "read distribution", arn), () =>
        client.send(command, { abortSignal }),
      );
      if (etag !== undefined && xml !== "") return { xml, etag };
      throw new HandfastError(
        "REMOTE_UNEXPECTED",
        `read distribution failed [distribution=${arn}]: the answer has no ${xml === "" ? "body" : "ETag"}; look for a proxy between here and CloudFront that changes answers`,
        { operation: "GetDistributionConfig", object: arn },
      );
    },
    putConfig: async (arn, { xml, etag }, abortSignal) => {
      // The body is put in below, so the configuration that the type asks for is left out.
      const input = { Id: idOf(arn), IfMatch: etag } as CloudFront.UpdateDistributionCommandInput;
      const command = new sdk.UpdateDistributionCommand(input);
      // Right after serialising: before the length is taken, the request is signed, and perhaps sent again.
      command.middlewareStack.add(sendingBody(xml), { step: "serialize", priority: "low" });
      const dropBody = takingBody(client.config.streamCollector, () => {});
      command.middlewareStack.add(dropBody, { step: "deserialize", priority: "low" });
      await call({ ...facts("UpdateDistribution", "change distribution", arn), writes: true }, () =>
        client.send(command, { abortSignal }),
      );
    },
    showing: async (certificateArn, signal) => {
      const found: string[] = [];
      for await (const page of listPages(signal)) {
        const users = page.filter(({ Origins }) =>
          (Origins?.Items ?? []).some(({ CustomOriginConfig: custom }) => {
            return custom?.OriginMtlsConfig?.ClientCertificateArn === certificateArn;
          }),
        );
        found.push(...users.map(({ ARN = "" }) => ARN));
      }
      return found;
    },
    tags: async (arn, abortSignal) => {
      const found = await orNothing(
        call(facts("ListTagsForResource", "read tags", arn), () =>
          client.send(new sdk.ListTagsForResourceCommand({ Resource: arn }), { abortSignal }),
        ),
      );
      return Object.fromEntries((found?.Tags?.Items ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
    },
    originRequestHeaders: async (policy, abortSignal) => {
      const at = { policy };
      const { OriginRequestPolicy: found } = await call(
        { operation: "GetOriginRequestPolicy", doing: "read origin request policy", at, writes: false },
        () => client.send(new sdk.GetOriginRequestPolicyCommand({ Id: policy }), { abortSignal }),
      );
      const headers = found?.OriginRequestPolicyConfig?.HeadersConfig;
      if (headers?.HeaderBehavior === "none") return [];
      if (headers?.HeaderBehavior !== "whitelist") return "all";
      return (headers.Headers?.Items ?? []).map((name) => name.toLowerCase());
    },
  };
}

/** What an answer looks like before it is read. */
interface WireAnswer {
  readonly statusCode: number;
  body?: unknown;
}

/** Takes the body of an answer that is no error before the SDK reads it: of a configuration it keeps what its version knows. */
function takingBody(collect: (body: unknown) => Promise<Uint8Array>, take: (text: string) => void) {
  return <A, R extends { response: unknown }>(next: (args: A) => Promise<R>) =>
    async (args: A): Promise<R> => {
      const result = await next(args);
      const answer = result.response as WireAnswer;
      if (answer.statusCode < 200 || answer.statusCode >= 300 || answer.body === undefined) return result;
      const bytes = answer.body instanceof Uint8Array ? answer.body : await collect(answer.body);
      take(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      answer.body = new Uint8Array();
      return result;
    };
}

/** Sends this body in place of what the SDK made of the input. */
function sendingBody(xml: string) {
  return <A extends { request?: unknown }, R>(next: (args: A) => Promise<R>) =>
    (args: A): Promise<R> => {
      const request = args.request as { headers: Record<string, string>; body?: unknown };
      request.headers["content-type"] = "application/xml";
      request.body = new TextEncoder().encode(xml);
      return next(args);
    };
}

function facts(operation: string, doing: string, distribution: string): CallFacts {
  return { operation, doing, at: { distribution }, writes: false };
}

/** The id in a distribution's ARN: `arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE`. */
function idOf(arn: string): string {
  return parseArn(arn).resource.split("/")[1] ?? "";
}
