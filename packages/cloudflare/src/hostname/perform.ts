/**
 * The writes. Each looks at the world before it is repeated, so that a lost answer or an upload that was there
 * already ends as if the first call had come through.
 */
import {
  HandfastError,
  isHandfastError,
  type Outcome,
  type Performed,
  type WriteContext,
} from "@handfast/core";
import { ensure } from "../ensure.ts";
import { writeSslRule, writeSslZone } from "../ssl-mode/perform.ts";
import { refusalOf } from "../translate-error.ts";
import type { DeleteAction, HostnameAction, UploadAction } from "./actions.ts";
import { findLive } from "./find-live.ts";
import { associationsPerCall } from "./limits.ts";
import type { HostnameCertificateId, HostnamePort } from "./port.ts";
import { type Bundle, certificateKey } from "./state.ts";
import { madeBy } from "./steps.ts";
import { readSecretPem, readUploadPem } from "./upload-pair.ts";
import { type AssociationWrite, writeAssociations } from "./write-associations.ts";
import type { ZoneQueue } from "./zone-queue.ts";

/** What the writes need beside the action. */
export interface PerformOptions {
  readonly port: HostnamePort;
  readonly adapter: string;
  readonly queue: ZoneQueue;
  /** How long one write may wait for a tombstone, a lock or a deployment to clear. */
  readonly waitMs: number;
}

/**
 * Performs actions of any zones, each zone's one after the other and its associations together: Cloudflare answers 409
 * to two writes of a zone at once.
 *
 * @returns for each its outcome, or its error: `REMOTE_…`, `CERTIFICATE_UNSUITABLE`, `SECRET_…`, `PRECONDITION_FAILED`,
 * `ABORTED`
 */
export async function performActions(
  options: PerformOptions,
  actions: readonly HostnameAction[],
  context: WriteContext,
): Promise<readonly Performed[]> {
  const answers = new Map<HostnameAction, Performed>();
  const zones = [...Map.groupBy(actions, ({ zone }) => zone)];
  await Promise.all(
    zones.map(([zone, own]) =>
      options.queue.run(zone, async () => {
        const together = own.filter(isAssociation);
        for (const action of own) {
          if (isAssociation(action)) continue;
          answers.set(action, await orError(performAlone(options, action, context)));
        }
        for (let at = 0; at < together.length; at += associationsPerCall) {
          const some = together.slice(at, at + associationsPerCall);
          const written = await orError(writeAssociations({ ...options, zone }, some, context));
          for (const [index, action] of some.entries())
            answers.set(action, isHandfastError(written) ? written : (written[index] ?? {}));
        }
      }),
    ),
  );
  return actions.map((action) => answers.get(action) ?? {});
}

function isAssociation(action: HostnameAction): action is AssociationWrite {
  return ["associate", "repoint", "suppress", "void"].includes(action.kind);
}

/** What others in the call need not fail for. */
async function orError<T>(work: Promise<T>): Promise<T | HandfastError> {
  try {
    return await work;
  } catch (error) {
    if (isHandfastError(error)) return error;
    throw error;
  }
}

function performAlone(
  options: PerformOptions,
  action: Exclude<HostnameAction, AssociationWrite>,
  context: WriteContext,
): Promise<Outcome> {
  switch (action.kind) {
    case "upload":
      return upload(options, action, context);
    case "delete":
      return remove(options, action, context);
    case "ssl-rule":
      return writeSslRule(options, action, context);
    case "ssl-zone":
      return writeSslZone(options, action, context);
  }
}

async function upload(
  options: PerformOptions,
  action: UploadAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const { zone, bundle } = action;
  const certificate = await readUploadPem(options.adapter, bundle, context);
  const made: Outcome = { made: madeBy(action) };
  return ensure(options, context, ["exists", "busy"], {
    look: async (written) => {
      const found = findLive(await port.listCertificates(zone, context), bundle);
      if (found?.progress === "failed") throw deploymentFailed(options, zone, bundle);
      if (found === undefined) return undefined;
      return written ? made : { adopted: true };
    },
    write: async () => {
      await port.uploadCertificate(
        zone,
        { certificate, privateKey: await readSecretPem(action.secret, context) },
        context,
      );
      return made;
    },
  });
}

async function remove(
  options: PerformOptions,
  { zone, bundle }: DeleteAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const removed = [certificateKey(zone, bundle)];
  let id: HostnameCertificateId | undefined;
  return ensure(options, context, ["busy", "in-use"], {
    look: async (written) => {
      id = findLive(await port.listCertificates(zone, context), bundle)?.id;
      if (id !== undefined) return undefined;
      return written ? { removed } : { removed, adopted: true };
    },
    write: async () => {
      try {
        await port.deleteCertificate(zone, id as HostnameCertificateId, context);
      } catch (error) {
        if (refusalOf(error) !== "gone") throw error;
      }
      return { removed };
    },
  });
}

function deploymentFailed({ adapter }: PerformOptions, zone: string, bundle: Bundle): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `upload hostname certificate failed [zone=${zone}, certificate=${bundle.certificate.slice(0, 12)}]: it is in the store, and its deployment timed out at Cloudflare; delete it there and apply again`,
    { adapter, object: certificateKey(zone, bundle) },
  );
}
