import type { Permission } from "@handfast/core";
import { permissionsOn, type ZoneOperation } from "../operations.ts";
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
  return permissionsOn(zone, action === undefined ? reading : writing[action.kind]);
}
