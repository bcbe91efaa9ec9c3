/**
 * The writes. Each looks at the world before it is repeated, so that a lost answer or a CA that was there already ends as
 * if the first call had come through.
 */
import { type Outcome, toPem, type WriteContext } from "@handfast/core";
import { ensure } from "../ensure.ts";
import { refusalOf } from "../translate-error.ts";
import type { DeleteAction, UploadAction } from "./actions.ts";
import type { CrlMemory } from "./crl-memory.ts";
import type { ApiShieldPort, AuthorityId } from "./port.ts";
import { authorityKey } from "./state.ts";
import { madeBy } from "./steps.ts";
import { findAuthorities } from "./world.ts";

/** What the writes need beside the action. */
export interface PerformOptions {
  readonly port: ApiShieldPort;
  readonly adapter: string;
  /** How long one write may wait for what passes by itself. */
  readonly waitMs: number;
  /** How long until the edge acts by a change. */
  readonly settleMs: number;
  /** How long Cloudflare keeps a visitor's connection that nobody uses. */
  readonly idleMs: number;
  readonly memory: CrlMemory;
}

/** Performs one action on an account's store. @throws HandfastError `REMOTE_…`, `PRECONDITION_FAILED`, `BLOB_MISSING`, `ABORTED` */
export function performAction(
  options: PerformOptions,
  action: UploadAction | DeleteAction,
  context: WriteContext,
): Promise<Outcome> {
  switch (action.kind) {
    case "upload":
      return upload(options, action, context);
    case "delete":
      return remove(options, action, context);
  }
}

async function upload(
  options: PerformOptions,
  action: UploadAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const { account, certificate } = action;
  const pem = toPem(await context.bytes(certificate), "CERTIFICATE");
  const made: Outcome = { made: madeBy(action) };
  return ensure(options, context, ["exists"], {
    look: async (written) => {
      if (!(await findAuthorities(port, account, context)).has(certificate)) return undefined;
      return written ? made : { adopted: true };
    },
    write: async () => {
      await port.uploadAuthority(account, { name: `handfast-${certificate.slice(0, 32)}`, pem }, context);
      return made;
    },
  });
}

async function remove(
  options: PerformOptions,
  { account, authority }: DeleteAction,
  context: WriteContext,
): Promise<Outcome> {
  const removed = [authorityKey(account, authority)];
  let id: AuthorityId | "managed" | undefined;
  return ensure(options, context, ["in-use"], {
    look: async (written) => {
      id = (await findAuthorities(options.port, account, context)).get(authority);
      if (id !== undefined) return undefined;
      return written ? { removed } : { removed, adopted: true };
    },
    write: async () => {
      try {
        await options.port.deleteAuthority(account, id as AuthorityId, context);
      } catch (error) {
        if (refusalOf(error) !== "gone") throw error;
      }
      return { removed };
    },
  });
}
