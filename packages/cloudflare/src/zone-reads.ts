/** What every adapter reads of a zone, and of the token that it reads with. */
import { type HandfastErrorCode, isHandfastError } from "@handfast/core";
import { z } from "zod";
import type { CallContext, CloudflareHttp, CloudflareRequest } from "./cloudflare-http.ts";
import { type Operation, refusalOf } from "./translate-error.ts";

/** A zone, as far as it matters here. */
export interface Zone {
  readonly name: string;
  /** e.g. `active`, `pending`; an open list. */
  readonly status: string;
  /** True while the zone is paused: nothing is proxied. */
  readonly paused: boolean;
  /** Id of the account that it is in. */
  readonly account?: string | undefined;
}

/** What Cloudflare says of a token. */
export type TokenStatus = "active" | "disabled" | "expired";

/** A DNS record that leads traffic to an origin. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

/** All of it throws `REMOTE_…` errors. */
export interface ZoneReads {
  /**
   * The status of the token that the calls are made with.
   *
   * @param account of a token that belongs to an account; undefined for a user's
   */
  verifyToken(account: string | undefined, call: CallContext): Promise<TokenStatus>;
  readZone(zone: string, call: CallContext): Promise<Zone>;
  /** Undefined when the credential may not read them. */
  listDnsRecords(zone: string, call: CallContext): Promise<readonly DnsRecord[] | undefined>;
}

const dnsRecord = z.object({
  name: z.string(),
  type: z.string(),
  content: z.string().nullish(),
  proxied: z.boolean().nullish(),
});

/** The reads over HTTP. `adapter` stands in errors. Source: API reference, "Zones", "DNS Records", "Tokens". */
export function zoneReads(http: CloudflareHttp, adapter: string): ZoneReads {
  const inZone = (operation: Operation, zone: string, path: string): CloudflareRequest => ({
    adapter,
    operation,
    zone,
    path: `zones/${encodeURIComponent(zone)}${path}`,
  });
  return {
    async verifyToken(account, call) {
      const shape = z.object({ status: z.enum(["active", "disabled", "expired"]) });
      const ofUser = { adapter, operation: "verifyToken", path: "user/tokens/verify" } as const;
      const path = `accounts/${encodeURIComponent(account ?? "")}/tokens/verify`;
      const ofAccount = { adapter, operation: "verifyAccountToken", path } as const;
      return (await http.send(account === undefined ? ofUser : ofAccount, shape, call)).status;
    },
    async readZone(zone, call) {
      const shape = z.object({
        name: z.string(),
        status: z.string().nullish(),
        paused: z.boolean().nullish(),
        account: z.object({ id: z.string() }).nullish(),
      });
      const { name, status, paused, account } = await http.send(inZone("readZone", zone, ""), shape, call);
      return { name, status: status ?? "active", paused: paused === true, account: account?.id };
    },
    listDnsRecords(zone, call) {
      return optional(async () => {
        const rows = await http.listPages(
          inZone("listDnsRecords", zone, "/dns_records"),
          dnsRecord,
          call,
          5000,
        );
        return rows.map(({ name, type, content, proxied }): DnsRecord => {
          return { name, type, content: content ?? "", proxied: proxied === true };
        });
      });
    },
  };
}

const doneWithout: readonly HandfastErrorCode[] = [
  "REMOTE_UNAUTHORIZED",
  "REMOTE_REJECTED",
  "REMOTE_UNEXPECTED",
];

/** What not every credential may read, and the adapter can do without. */
export async function optional<T>(read: () => Promise<readonly T[]>): Promise<readonly T[] | undefined> {
  try {
    return await read();
  } catch (error) {
    if (refusalOf(error) === "gone") return [];
    if (isHandfastError(error) && doneWithout.includes(error.code)) return undefined;
    throw error;
  }
}
