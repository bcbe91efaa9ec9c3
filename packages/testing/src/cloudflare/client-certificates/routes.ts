import type { Answer } from "../envelope.ts";
import type { Route, ZoneCall } from "../route.ts";
import {
  type ClientCertificateRules,
  issueCertificate,
  listCertificates,
  readCertificate,
  restoreCertificate,
  revokeCertificate,
} from "./handlers.ts";

const root = "/zones/{zone_id}/client_certificates";
const one = `${root}/{client_certificate_id}` as const;

/** Client certificates of the managed CA, for visitors to show. */
export function clientCertificateRoutes(rules: ClientCertificateRules): readonly Route[] {
  return [
    reads(`GET ${root}`, (call) => listCertificates(call, rules)),
    changes(`POST ${root}`, (call) => issueCertificate(call, rules)),
    reads(`GET ${one}`, (call) => readCertificate(call, rules)),
    changes(`PATCH ${one}`, (call) => restoreCertificate(call, rules)),
    changes(`DELETE ${one}`, (call) => revokeCertificate(call, rules)),
  ];
}

function reads(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return {
    operation,
    permissions: ["SSL and Certificates Read", "SSL and Certificates Write"],
    refusals: "with-null-result",
    answer: { on: "zone", handle },
  };
}

function changes(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return { ...reads(operation, handle), permissions: ["SSL and Certificates Write"] };
}
