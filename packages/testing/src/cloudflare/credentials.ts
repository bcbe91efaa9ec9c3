import { type Refusal, refusal } from "./envelope.ts";
import type { CloudflarePermission } from "./permission.ts";
import type { Token } from "./tokens/models.ts";

/** Who calls, and what that caller may do. */
export interface Caller {
  /** Whose rate limit the call counts against. */
  readonly user: string;
  may(permission: CloudflarePermission): boolean;
  sees(zoneId: string): boolean;
  /** The token that it calls with; undefined for a global key. */
  readonly token?: { readonly text: string; readonly issued: Token } | undefined;
}

/** The credentials of the simulated account. */
export interface Credentials {
  readonly tokens: Map<string, Token>;
  /** Global keys by e-mail address. */
  readonly keys: Map<string, string>;
}

/** Finds the caller from the headers of a request: exactly one of the two styles, well formed, known. */
export function authenticate(headers: Headers, credentials: Credentials, now: number): Caller | Refusal {
  const authorization = headers.get("authorization");
  const email = headers.get("x-auth-email");
  const key = headers.get("x-auth-key");
  const serviceKey = headers.get("x-auth-user-service-key");
  const styles = [authorization, email ?? key, serviceKey].filter((style) => style !== null);
  if (styles.length === 0) {
    return refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  }
  if (styles.length > 1 || serviceKey !== null) return invalidHeaders;
  if (authorization !== null) return byToken(authorization, credentials, now);
  if (email === null || key === null) return invalidHeaders;
  if (!/^[^@\s]+@[^@\s]+$/.test(email) || !/^[0-9a-f]{37,45}$/.test(key)) return invalidHeaders;
  if (credentials.keys.get(email) !== key) return authenticationError(403);
  return { user: email, may: () => true, sees: () => true };
}

function byToken(authorization: string, credentials: Credentials, now: number): Caller | Refusal {
  const text = /^Bearer ([A-Za-z0-9_-]{40,})$/.exec(authorization)?.[1];
  if (text === undefined) return invalidHeaders;
  const token = credentials.tokens.get(text);
  if (token === undefined) return authenticationError(401);
  if (now < token.knownFrom) return authenticationError(403);
  return {
    user: token.user,
    token: { text, issued: token },
    may: (permission) => token.permissions.has(permission),
    sees: (zoneId) => token.zones === "all" || token.zones.has(zoneId),
  };
}

const invalidHeaders = refusal(400, 6003, "Invalid request headers");

/** The refusal that names no reason. */
export function authenticationError(status: 401 | 403): Refusal {
  return refusal(status, 10000, "Authentication error");
}
