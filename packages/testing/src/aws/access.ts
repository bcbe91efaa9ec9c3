import { createHash } from "node:crypto";
import type { Principal } from "./iam/models.ts";

/** Who calls. */
export interface Caller {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a session: what must come along with every request. */
  readonly sessionToken?: string | undefined;
  /** Of a session: when it ends, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly principal: Principal;
}

/** An access key, in the shape that AWS SDK clients take as `credentials`. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a role. */
  readonly sessionToken?: string;
}

/** The access keys that exist. */
export interface Access {
  /** Makes a key of a principal; a role's is a session, which may end. */
  issue(principal: Principal, expiresAt?: number): AccessKey;
  /** Whose key it is, if there is one. */
  find(accessKeyId: string): Caller | undefined;
}

/** No keys yet. What it issues is the same in every run, and of no use anywhere else. */
export function access(): Access {
  const callers = new Map<string, Caller>();
  return {
    issue: (principal, expiresAt) => {
      const { accountId, kind } = principal;
      const digest = createHash("sha256").update(`${accountId} ${callers.size}`).digest();
      const prefix = kind === "role" ? "ASIA" : "AKIA";
      const key = {
        accessKeyId: `${prefix}${digest.toString("hex").toUpperCase().slice(0, 16)}`,
        secretAccessKey: digest.toString("base64url").slice(0, 40),
        ...(kind === "role" ? { sessionToken: `session.${digest.toString("base64url")}` } : {}),
      };
      callers.set(key.accessKeyId, { accountId, principal, expiresAt, ...key });
      return key;
    },
    find: (accessKeyId) => callers.get(accessKeyId),
  };
}

/** What is wrong with the token of a session, if anything is. */
export function faultOfSession(
  caller: Caller,
  sent: string | null,
  now: number,
): "expired" | "wrong" | undefined {
  if (caller.sessionToken !== (sent ?? undefined)) return "wrong";
  return caller.expiresAt !== undefined && now >= caller.expiresAt ? "expired" : undefined;
}
