import { isHandfastError, type Permission, type PermissionAnswer } from "@handfast/core";
import type { CallContext } from "../cloudflare-http.ts";
import type { TokenStatus, Zone, ZoneReads } from "../zone-reads.ts";
import { permissionsOf } from "./permissions.ts";
import type { ZoneWorld } from "./world.ts";

/** Which permissions a credential was seen to have, by what it could read. */
export class ShownPermissions {
  readonly #shown = new Set<string>();

  /** Takes note of a zone that was read. What not every credential may read is shown only where it was there. */
  note(zone: string, { sslRules, dns }: Pick<ZoneWorld, "sslRules" | "dns">): void {
    const unread = [
      ...(sslRules === undefined ? ["Config Settings Read"] : []),
      ...(dns === undefined ? ["DNS Read"] : []),
    ];
    this.take(permissionsOf(zone), unread);
  }

  /** Takes note of what a look needed, but for what it did without. */
  take(permissions: readonly Permission[], unread: readonly string[]): void {
    for (const { allow, on } of permissions) {
      if (unread.includes(allow)) this.#shown.delete(`${allow} ${on}`);
      else this.#shown.add(`${allow} ${on}`);
    }
  }

  has({ allow, on }: Permission): boolean {
    return this.#shown.has(`${allow} ${on}`);
  }
}

/**
 * Asks what can be asked: whether the token still holds. Cloudflare tells a token nothing of its permissions, so what no
 * read has shown is unknown; a token that is switched off or has ended has none.
 */
async function checkToken(
  port: Pick<ZoneReads, "verifyToken" | "readZone">,
  permissions: readonly Permission[],
  shown: ShownPermissions,
  call: CallContext,
): Promise<PermissionAnswer> {
  if (permissions.length === 0) return { refused: [], unknown: [] };
  const status = await readStatus(port, permissions, call);
  if (status === "disabled" || status === "expired") return { refused: permissions, unknown: [] };
  return { refused: [], unknown: permissions.filter((permission) => !shown.has(permission)) };
}

/** The same of any credential. Cloudflare verifies tokens alone: a global key has the rights of its user. */
export function checkCredential(
  port: Pick<ZoneReads, "verifyToken" | "readZone">,
  isToken: boolean,
  permissions: readonly Permission[],
  shown: ShownPermissions,
  call: CallContext,
): Promise<PermissionAnswer> {
  return isToken
    ? checkToken(port, permissions, shown, call)
    : Promise.resolve({ refused: [], unknown: permissions.filter((one) => !shown.has(one)) });
}

/** A token of an account is refused where those of users verify: its account is that of any zone that it sees. */
async function readStatus(
  port: Pick<ZoneReads, "verifyToken" | "readZone">,
  permissions: readonly Permission[],
  call: CallContext,
): Promise<TokenStatus | undefined> {
  const ofUser = await orUndefined(port.verifyToken(undefined, call));
  if (ofUser !== undefined) return ofUser;
  let zone: Zone | undefined;
  for (const on of new Set(permissions.map((permission) => permission.on)))
    zone ??= await orUndefined(port.readZone(on, call));
  if (zone?.account === undefined) return undefined;
  return await orUndefined(port.verifyToken(zone.account, call));
}

/** Nobody could tell: the run itself will find out. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isHandfastError(error) && error.code.startsWith("REMOTE_")) return undefined;
    throw error;
  }
}
