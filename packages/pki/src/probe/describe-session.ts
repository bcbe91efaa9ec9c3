import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { sha256 } from "@handfast/core";
import type { ProbeResult } from "./probe-result.ts";

/** What the handshake settled on, and the certificates that the server showed. */
export type SessionDescription = Pick<ProbeResult, "serverChain" | "protocol" | "cipher" | "alpn">;

/** Reads a session that is open. */
export function describeSession(tls: TLSSocket): SessionDescription {
  return {
    serverChain: readChain(tls.getPeerX509Certificate()),
    protocol: tls.getProtocol() ?? undefined,
    cipher: tls.getCipher().standardName,
    alpn: tls.alpnProtocol || undefined,
  };
}

function readChain(leaf: X509Certificate | undefined): readonly string[] {
  const digests = new Set<string>();
  for (let certificate = leaf; certificate !== undefined; certificate = certificate.issuerCertificate) {
    const digest = sha256(certificate.raw);
    if (digests.has(digest)) break;
    digests.add(digest);
  }
  return [...digests];
}
