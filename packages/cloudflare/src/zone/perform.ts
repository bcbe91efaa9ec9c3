/** The writes of a zone's own origin pulls. Each looks at the world before it is repeated. */
import { HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import { ensure, ensureSetting } from "../ensure.ts";
import { findLive } from "../hostname/find-live.ts";
import type { ZoneCertificateId } from "../hostname/port.ts";
import type { Bundle } from "../hostname/state.ts";
import { readSecretPem, readUploadPem } from "../hostname/upload-pair.ts";
import { refusalOf } from "../translate-error.ts";
import type { ZoneAction, ZoneDeleteAction, ZoneUploadAction } from "./actions.ts";
import type { ZonePort } from "./port.ts";
import { zoneCertificateKey } from "./state.ts";
import { madeBy } from "./steps.ts";

/** What the writes need beside the action. */
export interface PerformOptions {
  readonly port: ZonePort;
  readonly adapter: string;
  /** How long one write may wait for a tombstone, a lock or a deployment to clear. */
  readonly waitMs: number;
}

/** Performs one action. @throws HandfastError `REMOTE_…`, `CERTIFICATE_UNSUITABLE`, `SECRET_…`, `ABORTED` */
export function performAction(
  options: PerformOptions,
  action: ZoneAction,
  context: WriteContext,
): Promise<Outcome> {
  switch (action.kind) {
    case "zone-upload":
      return upload(options, action, context);
    case "zone-delete":
      return remove(options, action, context);
    case "zone-switch":
      return ensureSetting(options, context, action.enabled, {
        read: () => options.port.readZonePull(action.zone, context),
        write: () => options.port.writeZonePull(action.zone, action.enabled, context),
      });
  }
}

async function upload(
  options: PerformOptions,
  action: ZoneUploadAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port, adapter } = options;
  const { zone, bundle } = action;
  const certificate = await readUploadPem(adapter, bundle, context);
  const made: Outcome = { made: madeBy(action) };
  return ensure(options, context, ["exists", "busy"], {
    look: async (written) => {
      const found = findLive(await port.listZoneCertificates(zone, context), bundle);
      if (found?.progress === "failed") throw deploymentFailed(options, zone, bundle);
      if (found === undefined) return undefined;
      return written ? made : { adopted: true };
    },
    write: async () => {
      const privateKey = await readSecretPem(action.secret, context);
      await port.uploadZoneCertificate(zone, { certificate, privateKey }, context);
      return made;
    },
  });
}

async function remove(
  options: PerformOptions,
  { zone, bundle }: ZoneDeleteAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const removed = [zoneCertificateKey(zone, bundle)];
  let id: ZoneCertificateId | undefined;
  return ensure(options, context, ["busy"], {
    look: async (written) => {
      id = findLive(await port.listZoneCertificates(zone, context), bundle)?.id;
      if (id !== undefined) return undefined;
      return written ? { removed } : { removed, adopted: true };
    },
    write: async () => {
      try {
        await port.deleteZoneCertificate(zone, id as ZoneCertificateId, context);
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
    `upload zone-level certificate failed [zone=${zone}, certificate=${bundle.certificate.slice(0, 12)}]: it is in the store, and its deployment timed out at Cloudflare; delete it there and apply again`,
    { adapter, object: zoneCertificateKey(zone, bundle) },
  );
}
