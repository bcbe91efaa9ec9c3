import {
  type CertificateFacts,
  type Clock,
  HandfastError,
  isHandfastError,
  readCertificate,
  readPem,
  systemClock,
  toPem,
} from "@handfast/core";
import { z } from "zod";
import {
  type CallContext,
  type CloudflareHttp,
  type CloudflareHttpOptions,
  type CloudflareRequest,
  cloudflareHttp,
} from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { type Operation, refusalOf } from "../translate-error.ts";
import { zoneId } from "../zone-id.ts";
import { readCsr } from "./read-csr.ts";

/** Options of {@link clientCertificates}. */
export type ClientCertificatesOptions = CloudflareCredentials &
  Omit<CloudflareHttpOptions, "credentials"> & {
    /** Id of the zone that the certificates are counted in. Those of one zone verify in all zones of the account. */
    readonly zone: string;
    /** PEM of the CA that Cloudflare manages for the account, for `trust`. The API does not give it. */
    readonly managedCa?: string | undefined;
    /** Days of validity where a request says none. @default 365 */
    readonly days?: number | undefined;
    /** @default the machine's clock */
    readonly clock?: Clock | undefined;
    /** How long revoke and restore wait until Cloudflare says that it is done, in milliseconds. @default 300000 */
    readonly waitMs?: number | undefined;
  };

/** How far a certificate is; an open list. */
export type ClientCertificateStatus =
  | "active"
  | "pending_reactivation"
  | "pending_revocation"
  | "revoked"
  | (string & {});

/** A client certificate of the managed CA. It has the form of a leaf of `@handfast/pki`. */
export interface ClientCertificate {
  /** By this it is revoked and restored. */
  readonly id: string;
  readonly status: ClientCertificateStatus;
  /** LF line ends, one newline at the end. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly facts: CertificateFacts;
  /** PEM of the leaf; the managed CA issues it directly. */
  readonly chain: string;
  /** Cloudflare does not say what it leaves out of a request. */
  readonly dropped: readonly never[];
  /**
   * The identity entry of a spec, exactly.
   *
   * @param secret the name under which the key's resolver was given to `createHandfast({ secrets })`
   */
  identity<const Secret extends string>(
    secret: Secret,
  ): { readonly chain: string; readonly key: { readonly secret: Secret } };
}

/** What {@link clientCertificates} returns: an `Issuer` of `@handfast/pki`, and what else Cloudflare has. */
export interface ClientCertificates {
  /**
   * Has a request (PKCS#10, PEM) certified. The key stays where it is.
   *
   * @throws HandfastError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_UNSUITABLE`, `REMOTE_…`
   */
  issue(
    csr: string,
    request?: { readonly days?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<ClientCertificate>;
  /**
   * The trust entry of a spec, exactly.
   *
   * @throws HandfastError `PRECONDITION_FAILED` when `managedCa` was not given
   */
  trust(signal?: AbortSignal): Promise<{ readonly anchors: string }>;
  /** All that were ever issued in the zone: Cloudflare deletes none. */
  list(signal?: AbortSignal): Promise<readonly ClientCertificate[]>;
  /** Revokes one, and waits until that is in effect. One that is revoked already is left as it is. */
  revoke(id: string, signal?: AbortSignal): Promise<ClientCertificate>;
  /** Takes a revocation back, and waits until that is in effect. One that is active is left as it is. */
  restore(id: string, signal?: AbortSignal): Promise<ClientCertificate>;
}

const row = z.object({ id: z.string(), certificate: z.string(), status: z.string().nullish() });
const adapter = "cloudflare.client-certificates";
const lookAgainMs = 5_000;

/**
 * Client certificates of the CA that Cloudflare manages, for clients that Cloudflare checks. The token needs, on the zone,
 * SSL and Certificates Write.
 *
 * Source: Cloudflare SSL/TLS documentation, "Client certificates".
 *
 * @throws TypeError for unclear credentials or options
 * @example
 * ```ts
 * import { clientCertificates } from "@handfast/cloudflare";
 *
 * export const devices = clientCertificates({
 *   token: () => process.env.CLOUDFLARE_API_TOKEN ?? "",
 *   zone: "0123456789abcdef0123456789abcdef",
 * });
 * ```
 */
export function clientCertificates(options: ClientCertificatesOptions): ClientCertificates {
  const { token, email, key, zone, managedCa, days: usual = 365, clock = systemClock, ...rest } = options;
  const { waitMs = 300_000, ...http } = rest;
  if (!zoneId.safeParse(zone).success) {
    throw new TypeError("clientCertificates: zone must be the zone's id, 32 lower-case hex digits");
  }
  const api = cloudflareHttp({ ...http, credentials: { token, email, key } as CloudflareCredentials });
  const store = new ClientCertificateStore(api, zone);
  const callOf = (signal?: AbortSignal): CallContext => ({
    clock,
    signal: signal ?? new AbortController().signal,
  });
  const settle = async (id: string, wanted: string, call: CallContext): Promise<ClientCertificate> => {
    const until = clock.now() + waitMs;
    for (;;) {
      const found = await store.read(id, call);
      if (found.status === wanted) return found;
      if (clock.now() + lookAgainMs > until) throw notInTime(zone, id, found.status, wanted);
      await clock.sleep(lookAgainMs, call.signal);
    }
  };

  return {
    async issue(csr, { days = usual, signal } = {}) {
      const request = readCsr(csr);
      if (!Number.isInteger(days) || days < 1)
        throw new TypeError("clientCertificates: days must be whole, from 1 on");
      const issued = await store.issue(request, days, callOf(signal));
      if (issued.facts.spki === request.spki) return issued;
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        `issue client certificate failed [zone=${zone}]: what came back is for another key than the request; revoke ${issued.id}`,
        { adapter },
      );
    },
    async trust() {
      if (managedCa !== undefined) return { anchors: managedCa };
      throw new HandfastError(
        "PRECONDITION_FAILED",
        `read trust failed [zone=${zone}]: Cloudflare's API does not give the certificate of the managed CA; give it as managedCa`,
        { adapter },
      );
    },
    list: (signal) => store.list(callOf(signal)),
    async revoke(id, signal) {
      const call = callOf(signal);
      const { status } = await store.read(id, call);
      if (status !== "revoked" && status !== "pending_revocation") await store.revoke(id, call);
      return settle(id, "revoked", call);
    },
    async restore(id, signal) {
      const call = callOf(signal);
      const { status } = await store.read(id, call);
      if (status !== "active" && status !== "pending_reactivation") await store.restore(id, call);
      return settle(id, "active", call);
    },
  };
}

/** The calls. Whenever an answer is lost, the world is looked at before anything is sent again. */
class ClientCertificateStore {
  readonly #http: CloudflareHttp;
  readonly #zone: string;

  constructor(http: CloudflareHttp, zone: string) {
    this.#http = http;
    this.#zone = zone;
  }

  async issue(
    { pem, spki }: ReturnType<typeof readCsr>,
    days: number,
    call: CallContext,
  ): Promise<ClientCertificate> {
    const body = { csr: pem, validity_days: days };
    const before = call.clock.now();
    try {
      return toCertificate(
        await this.#http.send(this.#request("issueClientCertificate", "", body), row, call),
      );
    } catch (error) {
      if (!isLost(error)) throw error;
      // issued or not: one for this key that ends when this one would is the one that was asked for
      const isIts = (end: number): boolean =>
        end >= before + days * day - slack && end <= call.clock.now() + days * day + slack;
      const made = (await this.list(call)).find(
        ({ facts, status }) => facts.spki === spki && status === "active" && isIts(facts.notAfter),
      );
      if (made === undefined) throw error;
      return made;
    }
  }

  async list(call: CallContext): Promise<readonly ClientCertificate[]> {
    const request = { ...this.#request("listClientCertificates", ""), query: { status: "all" } };
    return (await this.#http.listPages(request, row, call, 50)).map(toCertificate);
  }

  async read(id: string, call: CallContext): Promise<ClientCertificate> {
    return toCertificate(await this.#http.send(this.#request("readClientCertificate", id), row, call));
  }

  async revoke(id: string, call: CallContext): Promise<void> {
    try {
      await this.#http.send(this.#request("revokeClientCertificate", id), z.unknown(), call);
    } catch (error) {
      // revoked already, or perhaps: what is waited for tells
      if (refusalOf(error) !== "exists" && !isLost(error)) throw error;
    }
  }

  async restore(id: string, call: CallContext): Promise<void> {
    try {
      const request = this.#request("restoreClientCertificate", id, { reactivate: true });
      await this.#http.send(request, z.unknown(), call);
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }

  #request(operation: Operation, id: string, body?: unknown): CloudflareRequest {
    const root = `zones/${encodeURIComponent(this.#zone)}/client_certificates`;
    return {
      adapter,
      operation,
      zone: this.#zone,
      path: id === "" ? root : `${root}/${encodeURIComponent(id)}`,
      ...(id === "" ? {} : { certificate: id }),
      ...(body === undefined ? {} : { body }),
    };
  }
}

const day = 86_400_000;
/** Certificates may begin before they are made. */
const slack = 7_200_000;

function toCertificate({ id, certificate, status }: z.infer<typeof row>): ClientCertificate {
  const [der] = readPem(certificate, "CERTIFICATE", `client certificate ${id}`) as [Uint8Array];
  const facts = readCertificate(der);
  const pem = toPem(der, "CERTIFICATE");
  return Object.freeze({
    id,
    status: status ?? "active",
    pem,
    der,
    sha256: facts.sha256,
    facts,
    chain: pem,
    dropped: [],
    identity: <const Secret extends string>(secret: Secret) => ({ chain: pem, key: { secret } }),
  });
}

function isLost(error: unknown): boolean {
  return isHandfastError(error) && error.details.outcomeUnknown === true;
}

function notInTime(zone: string, id: string, status: string, wanted: string): HandfastError {
  return new HandfastError(
    "STEP_TIMED_OUT",
    `wait for client certificate failed [zone=${zone}, certificate=${id}]: it is "${status}", and is not "${wanted}" in time; look again later`,
    { adapter },
  );
}
