import type { Clock } from "@handfast/core";
import type { CertificateFacts } from "./certificate-facts.ts";
import { type ConnectionEvent, colonHex, type EventRevocation } from "./connection-event.ts";

/** What a responder says of a certificate. `serial` is in upper-case hex. A responder that throws can't be reached. */
export type OcspResponder = (serial: string, url: string) => "good" | "revoked" | "unknown";

type RevocationStatus = NonNullable<NonNullable<ConnectionEvent["clientCertificate"]>["revocationStatus"]>;

/** One node's way of asking responders. */
export interface StatusReader {
  /** Asks for a leaf and its intermediates, all of which name a responder. */
  read(leaf: CertificateFacts, intermediates: readonly CertificateFacts[]): RevocationStatus;
}

/** How long an edge goes by an answer (developer guide page "Certificate revocation": about 30 minutes). */
const cacheMs = 30 * 60_000;
/** Answers that a node keeps. */
const kept = 10_000;

/** Asks responders and remembers their answers for half an hour on the clock, as CloudFront's edges do. */
export function statusReader(responder: OcspResponder | undefined, clock: Clock): StatusReader {
  const cache = new Map<string, { readonly until: number; readonly status: EventRevocation["status"] }>();

  const ask = ({ serial, ocspUrl = "", issuerDer }: CertificateFacts): EventRevocation["status"] => {
    const key = `${issuerDer} ${serial} ${ocspUrl}`;
    const known = cache.get(key);
    if (known !== undefined && clock.now() < known.until) return known.status;
    try {
      if (responder === undefined) return "Error";
      const status = ({ good: "Good", revoked: "Revoked", unknown: "Unknown" } as const)[
        responder(serial, ocspUrl)
      ];
      const [oldest] = cache.keys();
      if (cache.size >= kept && oldest !== undefined) cache.delete(oldest);
      cache.set(key, { until: clock.now() + cacheMs, status });
      return status;
    } catch {
      return "Error";
    }
  };

  const tell = (certificate: CertificateFacts): EventRevocation => {
    const status = ask(certificate);
    const serialNumber = colonHex(certificate.serialHex);
    return status === "Error"
      ? { method: "OCSP", status, errorType: "InternalError", serialNumber }
      : { method: "OCSP", status, serialNumber };
  };

  return {
    read: (leaf, intermediates) => {
      const told = { leaf: tell(leaf), intermediates: intermediates.map(tell) };
      const statuses = [told.leaf, ...told.intermediates].map(({ status }) => status);
      const { leaf: ofLeaf, intermediates: others } = told;
      return {
        chainValidity: statuses.includes("Revoked")
          ? "Invalid"
          : statuses.every((status) => status === "Good")
            ? "Valid"
            : "Unknown",
        certificates: others.length === 0 ? { leaf: ofLeaf } : { leaf: ofLeaf, intermediates: others },
      };
    },
  };
}
