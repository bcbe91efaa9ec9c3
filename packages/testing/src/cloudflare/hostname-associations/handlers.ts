import { type Answer, type Refusal, refusal, result, unknownCode } from "../envelope.ts";
import { type AccountCertificates, isStored } from "../mtls-certificates/models.ts";
import { refusals as storeRefusals } from "../mtls-certificates/refusals.ts";
import { isObject, type ZoneCall } from "../route.ts";
import { writeVersion } from "../settling.ts";
import type { CloudflareTiming } from "../timing.ts";
import { ownsHostname } from "../zones/models.ts";
import { managedCa, writtenHostnames } from "./models.ts";

/** What the calls need beside themselves. */
export interface HostnameAssociationRules {
  readonly certificates: AccountCertificates;
  readonly timing: CloudflareTiming;
  /** Called after every change. */
  readonly changed: () => void;
}

const refusals = {
  bodyInvalid: refusal(400, unknownCode, "hostnames is required: a list of hostnames"),
  idInvalid: refusal(400, unknownCode, "mtls_certificate_id must have exactly 36 characters"),
  hostnameForeign: refusal(400, unknownCode, "The hostname does not belong to this zone"),
  noCa: refusal(400, unknownCode, "The certificate is not a certificate authority"),
} as const satisfies Record<string, Refusal>;

/** The hostnames of one CA, in an order of its own; without an id those of the managed CA. */
export function readHostnames(call: ZoneCall, rules: HostnameAssociationRules): Answer {
  const ca = readCa(call.query.get("mtls_certificate_id") ?? undefined, rules);
  return typeof ca === "string" ? write(writtenHostnames(call.zone.askingHostnames, ca)) : ca;
}

/** Replaces the hostnames of one CA; without an id those of the managed CA. */
export function replaceHostnames(call: ZoneCall, rules: HostnameAssociationRules): Answer {
  const { body, now, zone } = call;
  if (!isObject(body) || !Array.isArray(body.hostnames)) return refusals.bodyInvalid;
  const ca = readCa(body.mtls_certificate_id, rules);
  if (typeof ca !== "string") return ca;
  const given: readonly unknown[] = body.hostnames;
  const hostnames = new Set<string>();
  for (const hostname of given) {
    if (typeof hostname !== "string") return refusals.bodyInvalid;
    if (hostname.length > 255 || !ownsHostname(zone, hostname.toLowerCase())) return refusals.hostnameForeign;
    hostnames.add(hostname.toLowerCase());
  }
  const { askingHostnames } = zone;
  const written = writeVersion(askingHostnames.get(ca) ?? [], [...hostnames], now, rules.timing.askingMs);
  askingHostnames.set(ca, written);
  rules.changed();
  return write([...hostnames]);
}

function readCa(id: unknown, { certificates }: HostnameAssociationRules): string | Refusal {
  if (id === undefined) return managedCa;
  if (typeof id !== "string" || id.length !== 36) return refusals.idInvalid;
  const certificate = certificates.get(id);
  if (certificate === undefined || !isStored(certificate)) return storeRefusals.notFound;
  return certificate.ca ? id : refusals.noCa;
}

function write(hostnames: readonly string[]): Answer {
  return result({ hostnames: [...hostnames].sort() });
}
