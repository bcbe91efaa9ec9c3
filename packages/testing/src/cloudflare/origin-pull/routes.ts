import type { Answer } from "../envelope.ts";
import type { Route, ZoneCall } from "../route.ts";
import {
  listAssociations,
  listCertificates,
  readAssociation,
  readCertificate,
  readZoneSwitch,
  writeZoneSwitch,
} from "./handlers.ts";
import { writeAssociations } from "./write-associations.ts";
import { type CertificateRules, deleteCertificate, uploadCertificate } from "./write-certificates.ts";

const root = "/zones/{zone_id}/origin_tls_client_auth";
const certificates = `${root}/hostnames/certificates` as const;

/**
 * Authenticated Origin Pulls, zone-level and per hostname. A literal path stands before one with a name in it:
 * the association of a host called `certificates` cannot be read, as with the provider.
 */
export function originPullRoutes(rules: CertificateRules): readonly Route[] {
  const { timing, changed } = rules;
  return [
    reads(`GET ${root}/settings`, readZoneSwitch),
    changes(`PUT ${root}/settings`, (call) => writeZoneSwitch(call, changed)),
    reads(`GET ${certificates}`, (call) => listCertificates(call, "hostname", timing)),
    changes(`POST ${certificates}`, (call) => uploadCertificate(call, "hostname", rules)),
    reads(`GET ${certificates}/{certificate_id}`, (call) => readCertificate(call, "hostname", timing)),
    changes(`DELETE ${certificates}/{certificate_id}`, (call) => deleteCertificate(call, "hostname", rules)),
    reads(`GET ${root}/hostnames`, (call) => listAssociations(call, timing)),
    changes(`PUT ${root}/hostnames`, (call) => writeAssociations(call, timing, changed)),
    reads(`GET ${root}/hostnames/{hostname}`, (call) => readAssociation(call, timing)),
    reads(`GET ${root}`, (call) => listCertificates(call, "zone", timing)),
    changes(`POST ${root}`, (call) => uploadCertificate(call, "zone", rules)),
    reads(`GET ${root}/{certificate_id}`, (call) => readCertificate(call, "zone", timing)),
    changes(`DELETE ${root}/{certificate_id}`, (call) => deleteCertificate(call, "zone", rules)),
  ];
}

function reads(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return {
    operation,
    permissions: ["SSL and Certificates Read", "SSL and Certificates Write"],
    refusals: "without-result",
    answer: { on: "zone", handle },
  };
}

function changes(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return { ...reads(operation, handle), permissions: ["SSL and Certificates Write"] };
}
