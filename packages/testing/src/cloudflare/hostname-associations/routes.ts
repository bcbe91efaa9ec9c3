import type { Route } from "../route.ts";
import { type HostnameAssociationRules, readHostnames, replaceHostnames } from "./handlers.ts";

const path = "/zones/{zone_id}/certificate_authorities/hostname_associations";

/** Where visitors of a zone are asked for a certificate. */
export function hostnameAssociationRoutes(rules: HostnameAssociationRules): readonly Route[] {
  return [
    {
      operation: `GET ${path}`,
      permissions: ["SSL and Certificates Read", "SSL and Certificates Write"],
      refusals: "with-null-result",
      answer: { on: "zone", handle: (call) => readHostnames(call, rules) },
    },
    {
      operation: `PUT ${path}`,
      permissions: ["SSL and Certificates Write"],
      refusals: "with-null-result",
      answer: { on: "zone", handle: (call) => replaceHostnames(call, rules) },
    },
  ];
}
