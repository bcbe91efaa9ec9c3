import type { ConnectionRecord } from "./balancer-node.ts";
import { isoSeconds } from "./certificate-headers.ts";

/** What of a line is the same for every connection to a listener's node. */
export interface ConnectionLogPlace {
  readonly port: number;
  /** `app/<name>/<id>`. */
  readonly balancer: string;
  /** Of the node. */
  readonly ip: string;
  /** Opaque, and never the same twice. */
  readonly traceId: string;
}

/**
 * One line of an Application Load Balancer's connection log, with its fifteen fields (user guide page "Connection logs for
 * your Application Load Balancer"). A subject stands there as it is: AWS does not say what becomes of quotes in it.
 */
export function connectionLogLine(entry: ConnectionRecord, place: ConnectionLogPlace): string {
  const { at, clientAddress, protocol, cipher, tookMs, verdict, reason, leaf } = entry;
  const colon = clientAddress.lastIndexOf(":");
  const isServed = verdict === "accepted";
  return [
    new Date(at).toISOString().replace("Z", "000Z"),
    clientAddress.slice(0, colon),
    clientAddress.slice(colon + 1),
    place.port,
    protocol ?? "-",
    cipher ?? "-",
    isServed && tookMs !== undefined ? (tookMs / 1000).toFixed(3) : "-",
    `"${leaf?.subject ?? "-"}"`,
    leaf === undefined
      ? "-"
      : `NotBefore=${isoSeconds(leaf.notBefore)};NotAfter=${isoSeconds(leaf.notAfter)}`,
    leaf?.serial ?? "-",
    isServed ? "Success" : `Failed:${reason ?? "UnmappedConnectionError"}`,
    place.traceId,
    "-",
    place.balancer,
    place.ip,
  ].join(" ");
}
