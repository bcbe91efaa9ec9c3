import type { Route } from "../route.ts";
import { listRecords, listZones, readSetting, readZone, writeSettingValue } from "./handlers.ts";
import type { Zone } from "./models.ts";

/** Zones, two of their settings, and DNS records to be read. */
export function zoneRoutes(zones: ReadonlyMap<string, Zone>, changed: () => void): readonly Route[] {
  return [
    {
      operation: "GET /zones",
      permissions: ["Zone Read"],
      refusals: "with-null-result",
      answer: { on: "account", handle: (call) => listZones(call, zones.values()) },
    },
    {
      operation: "GET /zones/{zone_id}",
      permissions: ["Zone Read"],
      refusals: "with-null-result",
      answer: { on: "zone", handle: readZone },
    },
    {
      operation: "GET /zones/{zone_id}/settings/{setting_id}",
      permissions: ["Zone Settings Read", "Zone Settings Write"],
      deniedCode: 9109,
      refusals: "with-null-result",
      answer: { on: "zone", handle: readSetting },
    },
    {
      operation: "PATCH /zones/{zone_id}/settings/{setting_id}",
      permissions: ["Zone Settings Write"],
      deniedCode: 9109,
      refusals: "with-null-result",
      answer: { on: "zone", handle: (call) => writeSettingValue(call, changed) },
    },
    {
      operation: "GET /zones/{zone_id}/dns_records",
      permissions: ["DNS Read"],
      refusals: "with-null-result",
      answer: { on: "zone", handle: listRecords },
    },
  ];
}
