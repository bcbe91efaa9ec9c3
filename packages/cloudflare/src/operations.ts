import type { Permission } from "@handfast/core";

/** A call of the API: what a person calls it, its route, and the token permission that it needs. */
export interface OperationFacts {
  readonly title: string;
  readonly call: string;
  /** Undefined: any credential may call it. */
  readonly permission?: string;
  /** What the permission is needed on. @default "zone" */
  readonly on?: "zone" | "account";
}

const authorities = "/accounts/{account_id}/mtls_certificates";
const firewall = "/zones/{zone_id}/rulesets";
const clients = "/zones/{zone_id}/client_certificates";
const store = "/zones/{zone_id}/origin_tls_client_auth";

/** Every call that this package makes. */
export const operations = {
  verifyToken: { title: "verify token", call: "GET /user/tokens/verify" },
  verifyAccountToken: { title: "verify token", call: "GET /accounts/{account_id}/tokens/verify" },
  readZone: { title: "read zone", call: "GET /zones/{zone_id}", permission: "Zone Read" },
  readSetting: {
    title: "read zone setting",
    call: "GET /zones/{zone_id}/settings/{setting_id}",
    permission: "Zone Settings Read",
  },
  readConfigRules: {
    title: "read Configuration Rules",
    call: "GET /zones/{zone_id}/rulesets/phases/http_config_settings/entrypoint",
    permission: "Config Settings Read",
  },
  listDnsRecords: {
    title: "list DNS records",
    call: "GET /zones/{zone_id}/dns_records",
    permission: "DNS Read",
  },
  readZonePull: {
    title: "read zone-level origin pulls",
    call: `GET ${store}/settings`,
    permission: "SSL and Certificates Read",
  },
  listZoneCertificates: {
    title: "list zone-level certificates",
    call: `GET ${store}`,
    permission: "SSL and Certificates Read",
  },
  listCertificates: {
    title: "list hostname certificates",
    call: `GET ${store}/hostnames/certificates`,
    permission: "SSL and Certificates Read",
  },
  listAssociations: {
    title: "list hostname associations",
    call: `GET ${store}/hostnames`,
    permission: "SSL and Certificates Read",
  },
  readAssociation: {
    title: "read hostname association",
    call: `GET ${store}/hostnames/{hostname}`,
    permission: "SSL and Certificates Read",
  },
  uploadCertificate: {
    title: "upload hostname certificate",
    call: `POST ${store}/hostnames/certificates`,
    permission: "SSL and Certificates Write",
  },
  putAssociation: {
    title: "write hostname association",
    call: `PUT ${store}/hostnames`,
    permission: "SSL and Certificates Write",
  },
  deleteCertificate: {
    title: "delete hostname certificate",
    call: `DELETE ${store}/hostnames/certificates/{certificate_id}`,
    permission: "SSL and Certificates Write",
  },
  listAuthorities: {
    title: "list CAs of the account",
    call: `GET ${authorities}`,
    permission: "Account: SSL and Certificates Read",
    on: "account",
  },
  listAuthorityServices: {
    title: "list services that use a CA",
    call: `GET ${authorities}/{mtls_certificate_id}/associations`,
    permission: "Account: SSL and Certificates Read",
    on: "account",
  },
  uploadAuthority: {
    title: "upload CA",
    call: `POST ${authorities}`,
    permission: "Account: SSL and Certificates Write",
    on: "account",
  },
  deleteAuthority: {
    title: "delete CA",
    call: `DELETE ${authorities}/{mtls_certificate_id}`,
    permission: "Account: SSL and Certificates Write",
    on: "account",
  },
  readClientHostnames: {
    title: "read hostnames that ask for client certificates",
    call: "GET /zones/{zone_id}/certificate_authorities/hostname_associations",
    permission: "SSL and Certificates Read",
  },
  putClientHostnames: {
    title: "write hostnames that ask for client certificates",
    call: "PUT /zones/{zone_id}/certificate_authorities/hostname_associations",
    permission: "SSL and Certificates Write",
  },
  readFirewallRules: {
    title: "read WAF custom rules",
    call: `GET ${firewall}/phases/http_request_firewall_custom/entrypoint`,
    permission: "Zone WAF Read",
  },
  createFirewallRules: {
    title: "create WAF custom ruleset",
    call: `POST ${firewall}`,
    permission: "Zone WAF Write",
  },
  addFirewallRule: {
    title: "add WAF custom rule",
    call: `POST ${firewall}/{ruleset_id}/rules`,
    permission: "Zone WAF Write",
  },
  changeFirewallRule: {
    title: "change WAF custom rule",
    call: `PATCH ${firewall}/{ruleset_id}/rules/{rule_id}`,
    permission: "Zone WAF Write",
  },
  deleteFirewallRule: {
    title: "delete WAF custom rule",
    call: `DELETE ${firewall}/{ruleset_id}/rules/{rule_id}`,
    permission: "Zone WAF Write",
  },
  issueClientCertificate: {
    title: "issue client certificate",
    call: `POST ${clients}`,
    permission: "SSL and Certificates Write",
  },
  listClientCertificates: {
    title: "list client certificates",
    call: `GET ${clients}`,
    permission: "SSL and Certificates Read",
  },
  readClientCertificate: {
    title: "read client certificate",
    call: `GET ${clients}/{client_certificate_id}`,
    permission: "SSL and Certificates Read",
  },
  restoreClientCertificate: {
    title: "restore client certificate",
    call: `PATCH ${clients}/{client_certificate_id}`,
    permission: "SSL and Certificates Write",
  },
  revokeClientCertificate: {
    title: "revoke client certificate",
    call: `DELETE ${clients}/{client_certificate_id}`,
    permission: "SSL and Certificates Write",
  },
  writeZonePull: {
    title: "write zone-level origin pulls",
    call: `PUT ${store}/settings`,
    permission: "SSL and Certificates Write",
  },
  uploadZoneCertificate: {
    title: "upload zone-level certificate",
    call: `POST ${store}`,
    permission: "SSL and Certificates Write",
  },
  deleteZoneCertificate: {
    title: "delete zone-level certificate",
    call: `DELETE ${store}/{certificate_id}`,
    permission: "SSL and Certificates Write",
  },
  createConfigRules: {
    title: "create Configuration Rules",
    // another phase has the same route, and other meanings of its codes
    call: "POST /zones/{zone_id}/rulesets (http_config_settings)",
    permission: "Config Settings Write",
  },
  addConfigRule: {
    title: "add Configuration Rule",
    call: "POST /zones/{zone_id}/rulesets/{ruleset_id}/rules (http_config_settings)",
    permission: "Config Settings Write",
  },
  changeConfigRule: {
    title: "change Configuration Rule",
    call: "PATCH /zones/{zone_id}/rulesets/{ruleset_id}/rules/{rule_id} (http_config_settings)",
    permission: "Config Settings Write",
  },
  deleteConfigRule: {
    title: "delete Configuration Rule",
    call: "DELETE /zones/{zone_id}/rulesets/{ruleset_id}/rules/{rule_id} (http_config_settings)",
    permission: "Config Settings Write",
  },
  writeSetting: {
    title: "write zone setting",
    call: "PATCH /zones/{zone_id}/settings/{setting_id}",
    permission: "Zone Settings Write",
  },
} as const satisfies Record<string, OperationFacts>;

/** The calls on a zone, each with the permission that it takes there. */
export type ZoneOperation = Exclude<Operation, "verifyToken" | "verifyAccountToken">;

/** The name of a call, as this package knows it. */
export type Operation = keyof typeof operations;

/** The token permission that a call needs on its zone. */
export function permissionFor(operation: ZoneOperation): string {
  return operations[operation].permission;
}

/** The token permissions that calls need on a zone, each once. A `Write` covers the `Read` of the same name. */
export function permissionsOn(zone: string, called: readonly ZoneOperation[]): readonly Permission[] {
  return [...new Set(called.map(permissionFor))].map((allow) => ({ allow, on: zone }));
}

/** Whether that permission is needed on a zone or on an account. */
export function permissionOn(operation: ZoneOperation): "zone" | "account" {
  const facts: OperationFacts = operations[operation];
  return facts.on ?? "zone";
}

/** The HTTP method of a call, in lower case. */
export function methodFor(operation: Operation): string {
  return (operations[operation].call.split(" ")[0] as string).toLowerCase();
}

/** Whether a call changes anything. */
export function isWrite(operation: Operation): boolean {
  return !operations[operation].call.startsWith("GET ");
}
