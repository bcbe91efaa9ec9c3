import type { Permission } from "@handfast/core";
import { permissionFor, type ZoneOperation } from "../translate-error.ts";
import type { ZoneAction } from "./actions.ts";

/** The calls of one look at a zone. */
const reading: readonly ZoneOperation[] = [
  "readZone",
  "readSetting",
  "readZonePull",
  "listZoneCertificates",
  "listAssociations",
  "listDnsRecords",
];

/** The calls of each write. */
const writing: Readonly<Record<ZoneAction["kind"], readonly ZoneOperation[]>> = {
  "zone-upload": ["listZoneCertificates", "uploadZoneCertificate"],
  "zone-switch": ["readZonePull", "writeZonePull"],
  "zone-delete": ["listZoneCertificates", "deleteZoneCertificate"],
};

/** The token permissions that a write needs on its zone; without one, a look at it. */
export function permissionsOf(zone: string, action?: ZoneAction): readonly Permission[] {
  const operations = action === undefined ? reading : writing[action.kind];
  return [...new Set(operations.map(permissionFor))].map((allow) => ({ allow, on: zone }));
}
