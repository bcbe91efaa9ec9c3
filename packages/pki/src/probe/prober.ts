import { randomBytes } from "node:crypto";
import {
  isHandfastError,
  type Prober,
  type ProofRequest,
  type ProofResult,
  systemClock,
  toPem,
} from "@handfast/core";
import type { RandomBytes } from "../authority/make-serial.ts";
import { judgeControl, judgeProof } from "./judge-proof.ts";
import type { ProbeIdentity } from "./make-stranger.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import type { ProbeResult } from "./probe-result.ts";

/** How links are proved. */
export interface ProberOptions
  extends Pick<
    ProbeOptions,
    "alpn" | "ca" | "checkName" | "clock" | "connect" | "maxVersion" | "minVersion" | "proxy" | "timeoutMs"
  > {
  /**
   * Whether each request gets a query parameter of its own, `handfast-probe`, so that no cache has an answer to it.
   * Switch it off where the path takes no parameters. @default true
   */
  readonly uncached?: boolean | undefined;
  /** Where that parameter comes from. @default crypto.randomBytes */
  readonly random?: RandomBytes | undefined;
  /**
   * Response header in which the application repeats for how many seconds the connection to the verifier has stood that
   * its request came over, e.g. nginx's `$connection_time`. With it, what was carried by a connection older than the
   * proof is inconclusive. @default none: then a proof over a link can't tell, and says so
   */
  readonly connectionHeader?: string | undefined;
}

/**
 * Proves links for `createHandfast` by real requests, each on a fresh connection.
 *
 * Served is not enough where the link's probe names an `echo` header: the application must have seen the very
 * certificate that is presented. A presenter may still use a connection that is older than the change; where that shows
 * by another certificate, or none, or by `connectionHeader`, it is inconclusive, and asked again. Where it does not show,
 * only a direct proof tells whether the verifier takes new connections.
 *
 * An answer from a cache is inconclusive, and so is a refusal that can't be told from a fault: a connection that just
 * ends, unless the same place serves a moment later what it should (`control`).
 *
 * @example
 * ```ts
 * import { createHandfast, memoryJournal } from "@handfast/core";
 * import { prober } from "@handfast/pki";
 *
 * export const handfast = createHandfast({ adapters: [], journal: memoryJournal(), prober: prober() });
 * ```
 */
export function prober(options: ProberOptions = {}): Prober {
  const { uncached = true, random = randomBytes, connectionHeader, ...settings } = options;
  const { clock = systemClock } = settings;
  return async (request) => {
    const target = readTarget(request.url);
    if (typeof target === "string")
      return { verdict: "inconclusive", reason: target, evidence: { reason: "url-not-https" } };
    const ask = async (show: ProofRequest["show"]): Promise<ProbeResult> =>
      await probe({
        ...settings,
        host: target.host,
        servername: request.servername,
        port: target.port,
        request: {
          method: "GET",
          path: uncached ? withParameter(target.path, random) : target.path,
          headers: { "cache-control": "no-cache" },
        },
        expect: request.due === "served" ? request.expect : undefined,
        identity: await identityOf(show),
        signal: request.signal,
      });
    const started = clock.now();
    const result = await ask(request.show);
    const sentAt = started + (result.timings.handshake ?? 0);
    const judged = judgeProof({ request, result, sentAt, connectionHeader });
    if (judged !== "control") return judged;
    return await withControl(result, request, ask);
  };
}

async function withControl(
  result: ProbeResult,
  { control, signal }: ProofRequest,
  ask: (show: ProofRequest["show"]) => Promise<ProbeResult>,
): Promise<ProofResult> {
  if (control === undefined) return judgeControl(result, undefined);
  try {
    return judgeControl(result, await ask(control));
  } catch (error) {
    // A key that is not at hand is no fault of the server's: what is known without it stands.
    if (signal.aborted || !isHandfastError(error)) throw error;
    return judgeControl(result, undefined);
  }
}

/** What of a url a probe takes; or why it takes none of it. */
function readTarget(
  text: string,
): { readonly host: string; readonly port: number; readonly path: string } | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || url.port === "0")
    return "the probe's url is no url of a host";
  if (url.protocol !== "https:")
    return `the probe's url is ${url.protocol}, where no certificate is asked for or shown; write https:`;
  return {
    // An address of IP version 6 stands in brackets in a URL.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 443 : Number(url.port),
    path: `${url.pathname}${url.search}`,
  };
}

function withParameter(path: string, random: RandomBytes): string {
  const value = Buffer.from(random(8)).toString("hex");
  return `${path}${path.includes("?") ? "&" : "?"}handfast-probe=${value}`;
}

async function identityOf(show: ProofRequest["show"]): Promise<ProbeIdentity | undefined> {
  if (show === undefined) return undefined;
  const chain = show.chain.map((der) => toPem(der, "CERTIFICATE")).join("");
  return { chain, key: await show.key() };
}
