import type { TLSSocket } from "node:tls";
import type { ProbeResult } from "./probe-result.ts";

/** What the handshake settled on. */
export type SessionDescription = Pick<ProbeResult, "protocol" | "cipher" | "alpn">;

/** Reads a session that is open. */
export function describeSession(tls: TLSSocket): SessionDescription {
  return {
    protocol: tls.getProtocol() ?? undefined,
    cipher: tls.getCipher().standardName,
    alpn: tls.alpnProtocol || undefined,
  };
}
