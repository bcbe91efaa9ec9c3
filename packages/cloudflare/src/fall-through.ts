/**
 * One presenter with three switches: a hostname's association decides first, then the zone's own certificate, then
 * Cloudflare's shared one. Each adapter writes one of them, and knows what the writes of the others do to it.
 * Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls".
 */
import {
  type CertificateFacts,
  type Clock,
  type Face,
  HandfastError,
  readCertificate,
  readPem,
} from "@handfast/core";
import type { CloudflareHttpOptions } from "./cloudflare-http.ts";
import type { CloudflareCredentials } from "./credentials.ts";

/** The object of zone-level origin pulls: switch and store. */
export const zoneObject = (zone: string): string => `cloudflare/${zone}/zone-origin-pull`;

/** The object of global origin pulls: the zone setting `tls_client_auth`. */
export const globalObject = (zone: string): string => `cloudflare/${zone}/global-origin-pull`;

/** What is said of the certificate of global origin pulls: nobody can read it. */
export const sharedCertificate = "Cloudflare's shared certificate";

/** What is said of a zone that shows a certificate of its own, and has none. */
export const emptyZone =
  "zone-level origin pulls are on without a certificate: what is shown is not documented";

/** What is said of a zone whose setting has Cloudflare speak plain HTTP to origins. */
export const plainZone =
  "the SSL mode of the zone has Cloudflare speak plain HTTP to origins, but where a Configuration Rule says otherwise";

/** Options of all adapters that take part in the fall-through: exactly one style of credentials, and what is rarely needed. */
export type OriginPullOptions = CloudflareCredentials &
  Omit<CloudflareHttpOptions, "credentials"> &
  FallThroughOptions;

interface FallThroughOptions {
  /** Time, for waiting and for the rate. @default the clock that core hands over */
  readonly clock?: Clock | undefined;
  /**
   * How long one write waits for a lock, a tombstone or a deployment at Cloudflare to clear, in milliseconds.
   * @default 90000
   */
  readonly waitMs?: number | undefined;
  /**
   * PEM of the CA that issues the certificate of global origin pulls: `authenticated_origin_pull_ca.pem` of Cloudflare's
   * documentation. With it a plan can tell which verifiers accept that certificate, which nobody can read; without it,
   * what global origin pulls show counts as unknown.
   */
  readonly sharedCa?: string | undefined;
}

/** The CA of Cloudflare's shared certificate, where the user gave it. */
export class SharedCa {
  readonly facts: CertificateFacts | undefined;

  /** @throws HandfastError `CERTIFICATE_UNREADABLE` when it is not one certificate in PEM */
  constructor(pem: string | undefined) {
    if (pem === undefined) return;
    const [first, ...more] = readPem(pem, "CERTIFICATE", "sharedCa");
    if (first === undefined || more.length > 0)
      throw new HandfastError(
        "CERTIFICATE_UNREADABLE",
        `read option failed [sharedCa]: it holds ${more.length + 1} certificates; give the one CA of Cloudflare's shared certificate`,
      );
    this.facts = readCertificate(first);
  }

  /** What an adapter reaches beyond its targets: a plan that was judged by a CA applies only with that. */
  get scope(): Readonly<Record<string, string>> {
    return this.facts === undefined ? {} : { sharedCa: this.facts.sha256 };
  }

  /** Keeps the CA where plans find it. */
  async keep(context: { keep(bytes: Uint8Array): Promise<unknown> }): Promise<void> {
    if (this.facts !== undefined) await context.keep(this.facts.der);
  }

  /** The face, with the issuer of the shared certificate where that is what is shown. */
  inFace(face: Face): Face {
    if (this.facts === undefined || face.role !== "presenter") return face;
    const { shows } = face;
    if (shows === "nothing" || !("unknown" in shows) || shows.unknown !== sharedCertificate) return face;
    return { role: "presenter", shows: { ...shows, issuedBy: this.facts.sha256 } };
  }
}
