/**
 * The writes. Each looks at the world before it is repeated, so that a lost answer or an upload that was there
 * already ends as if the first call had come through.
 */
import { HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import type { CallContext } from "../cloudflare-http.ts";
import { ensure } from "../ensure.ts";
import { refusalOf } from "../translate-error.ts";
import type { AssociationAction, DeleteAction, HostnameAction, UploadAction, VoidAction } from "./actions.ts";
import { writeSslRule, writeSslZone } from "./perform-ssl.ts";
import type { AssociationRow, CertificateRow, HostnameCertificateId, HostnamePort } from "./port.ts";
import { readPemBundle } from "./read-pem-bundle.ts";
import { type Bundle, bundleName, certificateKey, type UnknownCertificate } from "./state.ts";
import { madeBy } from "./steps.ts";
import { readSecretPem, readUploadPem } from "./upload-pair.ts";
import { isThere } from "./world.ts";

/** What the writes need beside the action. */
export interface PerformOptions {
  readonly port: HostnamePort;
  readonly adapter: string;
  /** How long one write may wait for a tombstone, a lock or a deployment to clear. */
  readonly waitMs: number;
}

/** Performs one action. @throws HandfastError `REMOTE_…`, `CERTIFICATE_UNSUITABLE`, `SECRET_…`, `ABORTED` */
export function performAction(
  options: PerformOptions,
  action: HostnameAction,
  context: WriteContext,
): Promise<Outcome> {
  switch (action.kind) {
    case "upload":
      return upload(options, action, context);
    case "delete":
      return remove(options, action, context);
    case "void":
      return voidAssociation(options, action, context);
    case "ssl-rule":
      return writeSslRule(options, action, context);
    case "ssl-zone":
      return writeSslZone(options, action, context);
    default:
      return associate(options, action, context);
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

async function associate(
  options: PerformOptions,
  action: AssociationAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const { zone, hostname, to } = action;
  const certificateId = await findId(options, zone, to.certificate, context);
  const isDone = (row: AssociationRow | undefined): boolean =>
    row !== undefined &&
    isThere(row) &&
    row.progress !== "failed" &&
    row.enabled === to.enabled &&
    row.certificateId === certificateId;
  return ensure(options, context, ["busy"], {
    look: async (written) =>
      written && isDone(await port.readAssociation(zone, hostname, context)) ? {} : undefined,
    write: async () => {
      const row = await port.putAssociation(zone, { hostname, certificateId, enabled: to.enabled }, context);
      if (isDone(row ?? (await port.readAssociation(zone, hostname, context)))) return {};
      throw new HandfastError(
        "REMOTE_UNEXPECTED",
        `write hostname association failed [zone=${zone}, hostname=${hostname}]: Cloudflare accepted it, and reads back another; look at the hostname and plan again`,
        { adapter: options.adapter, object: `${zone}/${hostname}`, outcomeUnknown: true },
      );
    },
  });
}

async function voidAssociation(
  options: PerformOptions,
  { zone, hostname }: VoidAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  let certificateId: HostnameCertificateId | undefined;
  return ensure(options, context, ["busy", "gone"], {
    look: async (written) => {
      const row = await port.readAssociation(zone, hostname, context);
      if (row === undefined || !isThere(row)) return written ? {} : { adopted: true };
      certificateId = row.certificateId;
      return undefined;
    },
    write: async () => {
      if (certificateId === undefined) throw stuck(options, zone, hostname);
      try {
        await port.putAssociation(zone, { hostname, certificateId, enabled: null }, context);
      } catch (error) {
        if (refusalOf(error) !== "wrong-id") throw error;
        const row = await port.readAssociation(zone, hostname, context);
        if (row !== undefined && isThere(row)) throw stuck(options, zone, hostname);
      }
      return {};
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

async function findId(
  options: PerformOptions,
  zone: string,
  certificate: Bundle | UnknownCertificate,
  context: CallContext,
): Promise<HostnameCertificateId> {
  if ("unknown" in certificate) return certificate.unknown;
  const found = findLive(await options.port.listCertificates(zone, context), certificate);
  if (found !== undefined) return found.id;
  throw new HandfastError(
    "REMOTE_NOT_FOUND",
    `find hostname certificate failed [zone=${zone}, certificate=${certificate.certificate.slice(0, 12)}]: it is not in the zone's hostname store (any more); plan again`,
    { adapter: options.adapter, object: certificateKey(zone, certificate) },
  );
}

/** Tombstones still read, and are no certificates any more. */
function findLive(
  rows: readonly CertificateRow<HostnameCertificateId>[],
  wanted: Bundle,
): CertificateRow<HostnameCertificateId> | undefined {
  const name = bundleName(wanted);
  const live = rows.filter(({ progress }) => progress !== "leaving" && progress !== "gone");
  return live.find(({ pem }) => {
    const bundle = readPemBundle(pem);
    return bundle !== undefined && bundleName(bundle) === name;
  });
}

function stuck({ adapter }: PerformOptions, zone: string, hostname: string): HandfastError {
  return new HandfastError(
    "REMOTE_REJECTED",
    `void hostname association failed [zone=${zone}, hostname=${hostname}]: its certificate is deleted, and Cloudflare voids an association by its certificate only; let the hostname show an identity first, then nothing of its own ("inherited")`,
    { adapter, object: `${zone}/${hostname}` },
  );
}

function deploymentFailed({ adapter }: PerformOptions, zone: string, bundle: Bundle): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `upload hostname certificate failed [zone=${zone}, certificate=${bundle.certificate.slice(0, 12)}]: it is in the store, and its deployment timed out at Cloudflare; delete it there and apply again`,
    { adapter, object: certificateKey(zone, bundle) },
  );
}
