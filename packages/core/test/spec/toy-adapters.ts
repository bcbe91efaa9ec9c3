import { z } from "zod";
import type { Revocation } from "../../src/adapter/adapter-facts.ts";
import type { AdapterDefinition, Mode } from "../../src/adapter/contract.ts";
import {
  defineAdapter,
  type PresenterAdapter,
  type VerifierAdapter,
} from "../../src/adapter/define-adapter.ts";

/** The parts that a spec never calls: a toy that only has a target and a name for it. */
function toy<T>(
  target: z.ZodObject & z.ZodType<T>,
  identify: (target: T) => string,
): AdapterDefinition<T, null, null> {
  return {
    schema: { target, state: z.null(), action: z.null() },
    identify,
    read: () => Promise.reject(new Error("a toy is not read")),
    face: () => ({ role: "presenter", shows: "nothing" }),
    realise: () => ({ state: null }),
    steps: () => ({ steps: [], findings: [] }),
    after: () => null,
    check: () => "done",
    perform: () => Promise.resolve([]),
    removals: () => ({ steps: [], findings: [] }),
  };
}

const provider = {
  version: "1",
  anchorRoom: 25,
  maxIntermediates: 3,
  partialChain: false,
  crlRule: "whole",
} as const;

export function verifier<const N extends string, const M extends Mode, const R extends Revocation, T>(
  name: N,
  modes: readonly M[],
  revocation: R,
  target: z.ZodObject & z.ZodType<T>,
  identify: (target: T) => string,
): VerifierAdapter<N, T, M, R> {
  return defineAdapter({ ...provider, role: "verifier", name, modes, revocation }, toy(target, identify));
}

export function presenter<const N extends string, const I extends boolean, T>(
  name: N,
  inherits: I,
  each: string | undefined,
  target: z.ZodObject & z.ZodType<T>,
  identify: (target: T) => string,
): PresenterAdapter<N, T, I> {
  return defineAdapter({ role: "presenter", version: "1", name, inherits, each }, toy(target, identify));
}

const albTarget: z.ZodObject & z.ZodType<AlbTarget> = z.object({
  listener: z.string().min(1),
  ignoreExpiry: z.boolean().optional(),
});

export interface AlbTarget {
  listener: string;
  ignoreExpiry?: boolean | undefined;
}

export function alb(): VerifierAdapter<"aws.alb", AlbTarget, "off" | "request" | "required", "crl">;
export function alb<const N extends string>(options: {
  as: N;
}): VerifierAdapter<N, AlbTarget, "off" | "request" | "required", "crl">;
export function alb(
  options: { as: string } = { as: "aws.alb" },
): VerifierAdapter<string, AlbTarget, "off" | "request" | "required", "crl"> {
  return verifier(options.as, ["off", "request", "required"], "crl", albTarget, ({ listener }) => listener);
}

export const cloudfrontViewer = verifier(
  "aws.cloudfront-viewer",
  ["off", "optional", "required"],
  "none",
  z.object({ distribution: z.string() }),
  ({ distribution }) => distribution,
);

const cloudfrontOrigin = presenter(
  "aws.cloudfront-origin",
  false,
  undefined,
  z.object({ distribution: z.string(), origin: z.string() }),
  ({ distribution, origin }) => `${distribution}/${origin}`,
);

export const cloudflareHostname = presenter(
  "cloudflare.hostname",
  true,
  "hostnames",
  z.object({ zone: z.string(), hostnames: z.array(z.string()).min(1) }),
  ({ zone, hostnames }) => `${zone}/${hostnames.join(",").toLowerCase()}`,
);

export const toyAdapters = [alb(), cloudfrontViewer, cloudfrontOrigin, cloudflareHostname] as const;
export const secretNames = ["edge-key", "cdn-key", "probe-key"] as const;
