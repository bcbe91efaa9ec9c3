import type { Permission } from "@handfast/core";
import { permissionsOn, type ZoneOperation } from "../operations.ts";
import type { HostnameAction } from "./actions.ts";

/** The calls of one look at a zone. */
const reading: readonly ZoneOperation[] = [
  "readZone",
  "readSetting",
  "readConfigRules",
  "listDnsRecords",
  "readZonePull",
  "listZoneCertificates",
  "listCertificates",
  "listAssociations",
  "readAssociation",
];

const associating: readonly ZoneOperation[] = ["listCertificates", "listAssociations", "putAssociation"];

/** The calls of each write. */
const writing: Readonly<Record<HostnameAction["kind"], readonly ZoneOperation[]>> = {
  upload: ["listCertificates", "uploadCertificate"],
  associate: associating,
  repoint: associating,
  suppress: associating,
  void: ["listAssociations", "putAssociation"],
  delete: ["listCertificates", "deleteCertificate"],
  "ssl-rule": ["readConfigRules", "addConfigRule"],
  "ssl-zone": ["readSetting", "writeSetting"],
};

/**
 * The token permissions, by Cloudflare's own names, that a write needs on its zone; without one, a look at it. A `Write`
 * covers the `Read` of the same name.
 */
export function permissionsOf(zone: string, action?: HostnameAction): readonly Permission[] {
  return permissionsOn(zone, action === undefined ? reading : writing[action.kind]);
}
