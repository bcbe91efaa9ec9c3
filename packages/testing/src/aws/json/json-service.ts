import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access, Caller } from "../access.ts";
import { authenticate } from "../authenticate.ts";
import { AwsRefused, refusalOf, refuseCommonly } from "../refused.ts";
import { requestIds } from "../request-ids.ts";
import { readSignature } from "../signature.ts";
import { renderJsonRefusal } from "./json-refusal.ts";
import { readJson } from "./read-input.ts";

/** What an operation answers with. */
export type JsonResult = Readonly<Record<string, unknown>>;

/** One request that was signed by somebody who exists. */
export interface JsonCall {
  readonly caller: Caller;
  /** The region that it was signed for, which is the region that it is about. */
  readonly region: string;
  readonly operation: string;
  /** Not checked yet. */
  readonly input: unknown;
  /** Whether a fault makes it see what was before the last write. */
  readonly stale: boolean;
}

/** A service in AWS's JSON 1.1 protocol: one path, the operation in `x-amz-target`, an endpoint in every region. */
export interface JsonServiceOptions {
  /** Its name in call logs, faults, signatures and hosts. */
  readonly name: string;
  /** What stands before the dot in `x-amz-target`. */
  readonly target: string;
  readonly access: Access;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Undefined for an operation that there is not. Throws {@link AwsRefused}. */
  answer(call: JsonCall): JsonResult | undefined;
}

const regionPattern = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

/** The wire of such a service: signature, target, answer, refusals. */
export function jsonService(options: JsonServiceOptions): SimulatedService {
  const { name, target, access, clock, faults } = options;
  const nextRequestId = requestIds(name);
  const host = new RegExp(`^${name}\\.([a-z0-9-]+)\\.amazonaws\\.com$`);

  /** At an endpoint of a region that region; on loopback, where there is none, the one that was signed for. */
  const regionOf = (request: Request): string => {
    const placed = host.exec(new URL(request.url).hostname)?.[1];
    if (placed !== undefined) return placed;
    const signature = readSignature(request);
    return typeof signature === "string" ? "" : signature.region;
  };

  const answer = (request: Request, body: string): Promise<Response> => {
    const [prefix, operation = ""] = request.headers.get("x-amz-target")?.split(".") ?? [];
    const refused = (error: unknown): Response => {
      if (error instanceof AwsRefused) return renderJsonRefusal(error, "json");
      throw error;
    };
    return answerUnderFaults(
      {
        faults,
        clock,
        call: { service: name, operation: operation === "" ? "unknown" : operation },
        refuse: (fault) => refused(refusalOf(fault)),
      },
      ({ stale }) => {
        try {
          const region = regionOf(request);
          const regions = regionPattern.test(region) ? [region] : [];
          const caller = authenticate(request, body, { access, clock, signedAs: name, regions });
          const isKnown = prefix === target && request.method === "POST";
          const input = readJson(body);
          const result = isKnown ? options.answer({ caller, region, operation, input, stale }) : undefined;
          if (result === undefined) {
            throw refuseCommonly("InvalidAction", `There is no operation ${operation}`);
          }
          return new Response(JSON.stringify(result), {
            status: 200,
            headers: { "content-type": "application/x-amz-json-1.1" },
          });
        } catch (error) {
          return refused(error);
        }
      },
    );
  };

  return {
    name,
    owns: ({ hostname }) => host.test(hostname),
    handle: async (request) => {
      const requestId = nextRequestId();
      const response = await answer(request, await request.text());
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}
