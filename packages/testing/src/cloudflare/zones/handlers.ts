import { type Answer, result } from "../envelope.ts";
import { writePage } from "../paging.ts";
import { type Call, isObject, type ZoneCall } from "../route.ts";
import { writeDate } from "../timing.ts";
import { accountId } from "../tokens/models.ts";
import { type DnsRecord, settingValues, type Zone, type ZoneSettings } from "./models.ts";
import { refusals } from "./refusals.ts";

/** The zones that the caller may see, by name when one is asked for. */
export function listZones({ caller, query }: Call, zones: Iterable<Zone>): Answer {
  const name = query.get("name")?.toLowerCase();
  const rows = [...zones]
    .filter((zone) => caller.sees(zone.id) && (name === undefined || zone.name === name))
    .map(writeZone);
  return writePage(rows, query, { default: 20, min: 5, max: 50 }, []);
}

/** One zone. */
export function readZone({ zone }: ZoneCall): Answer {
  return result(writeZone(zone));
}

/** G1. */
export function readSetting({ params, zone }: ZoneCall): Answer {
  const name = settingName(params.setting_id);
  return name === undefined ? refusals.unknownSetting : result(writeSetting(zone, name));
}

/** G2. */
export function writeSettingValue({ body, now, params, zone }: ZoneCall, changed: () => void): Answer {
  const name = settingName(params.setting_id);
  if (name === undefined) return refusals.unknownSetting;
  const value = isObject(body) ? body.value : undefined;
  if (!isSettingValue(name, value)) return refusals.invalidValue;
  if (zone.fixedSettings.has(name)) return refusals.fixedSetting;
  setZoneSetting(zone, name, value, now);
  changed();
  return result(writeSetting(zone, name));
}

/** Writes a setting and the moment of it. */
export function setZoneSetting<S extends keyof ZoneSettings>(
  zone: Zone,
  name: S,
  value: ZoneSettings[S],
  now: number,
): void {
  zone.settings[name] = value;
  zone.settingsWrittenAt.set(name, now);
}

/** DNS records, by exact name and type when asked for. */
export function listRecords({ query, zone }: ZoneCall): Answer {
  const name = (query.get("name.exact") ?? query.get("name"))?.toLowerCase();
  const type = query.get("type");
  const rows = zone.records
    .filter(
      (record) => (name === undefined || record.name === name) && (type === null || record.type === type),
    )
    .map((record) => writeRecord(record, zone));
  return writePage(rows, query, { default: 100, min: 1, max: 5_000_000 }, []);
}

function settingName(text: string | undefined): keyof ZoneSettings | undefined {
  return text === "ssl" || text === "tls_client_auth" ? text : undefined;
}

function isSettingValue<S extends keyof ZoneSettings>(name: S, value: unknown): value is ZoneSettings[S] {
  const allowed: readonly unknown[] = settingValues[name];
  return allowed.includes(value);
}

function writeSetting(zone: Zone, name: keyof ZoneSettings): Record<string, unknown> {
  const writtenAt = zone.settingsWrittenAt.get(name);
  return {
    id: name,
    value: zone.settings[name],
    editable: !zone.fixedSettings.has(name),
    modified_on: writtenAt === undefined ? null : writeDate(writtenAt),
  };
}

function writeZone(zone: Zone): Record<string, unknown> {
  const created = writeDate(zone.createdAt);
  return {
    id: zone.id,
    name: zone.name,
    status: "active",
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    account: { id: accountId, name: "Simulated account" },
    plan: { legacy_id: zone.plan, name: zone.plan },
    created_on: created,
    modified_on: created,
    activated_on: created,
  };
}

function writeRecord(record: DnsRecord, zone: Zone): Record<string, unknown> {
  const created = writeDate(record.createdAt);
  return {
    id: record.id,
    zone_id: zone.id,
    zone_name: zone.name,
    name: record.name,
    type: record.type,
    content: record.content,
    proxiable: true,
    proxied: record.proxied,
    ttl: 1,
    settings: {},
    meta: {},
    comment: null,
    tags: [],
    created_on: created,
    modified_on: created,
  };
}
