import type { TLSSocket } from "node:tls";
import { sha256 } from "@handfast/core";
import { child, children, formatName, readWholeDer } from "@handfast/core/certificates";
import type { ProbeResult, ServerCertificate } from "./probe-result.ts";

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

/** One certificate of the server's chain. What can't be read has no subject. */
export function describeServerCertificate(der: Uint8Array): ServerCertificate {
  return { subject: subjectOf(der), sha256: sha256(der) };
}

function subjectOf(der: Uint8Array): string {
  try {
    // The rest of the certificate is nobody's concern here, and takes its time.
    const fields = children(child(children(readWholeDer(der)), 0));
    return formatName(child(fields, fields[0]?.tag === 0xa0 ? 5 : 4).whole);
  } catch {
    return "";
  }
}
