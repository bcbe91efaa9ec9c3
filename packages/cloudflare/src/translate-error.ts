/**
 * From what Cloudflare answers to the one error of handfast. Errors of the HTTP client stop here: they hold the
 * request, and the request of an upload holds a private key.
 */
import { HandfastError, type HandfastErrorCode, isHandfastError } from "@handfast/core";

/** A call of the API: what a person calls it, its route, and the token permission that it needs. */
interface OperationFacts {
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
const operations = {
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

/**
 * What a refusal means to the adapter: `exists` it is there already, `gone` there is no such thing (any more),
 * `busy` another write or a deployment is under way, `in-use` an association still needs it, `wrong-id` the id is
 * of another store or deleted.
 */
export type Refusal = "exists" | "gone" | "busy" | "in-use" | "wrong-id";

interface Meaning {
  readonly code: HandfastErrorCode;
  readonly refusal?: Refusal;
  readonly mend: string;
}

const exists: Meaning = {
  code: "REMOTE_CONFLICT",
  refusal: "exists",
  mend: "the same certificate is in the store, or one that was just deleted is still on its way out; look again",
};
const gone: Meaning = {
  code: "REMOTE_NOT_FOUND",
  refusal: "gone",
  mend: "it does not exist (any more); plan again",
};
const deploying: Meaning = {
  code: "REMOTE_CONFLICT",
  refusal: "busy",
  mend: "it is still being deployed; try again later",
};
const badPair = (mend: string): Meaning => ({ code: "REMOTE_REJECTED", mend });

/** What uploads to either store are refused for. */
const badUploads: Readonly<Record<number, Meaning>> = {
  1406: exists,
  1408: badPair("the certificate can't be parsed; give plain PEM of a leaf"),
  2000: { code: "REMOTE_UNAVAILABLE", mend: "an internal error of Cloudflare; try again later" },
  2100: badPair("the chain can't be bundled; leave the root certificate out"),
  2101: badPair("there is no leaf in the upload; a CA certificate (CA:TRUE) can't be shown"),
  2106: badPair("the private key is not accepted; give an unencrypted RSA or ECDSA key"),
  2200: badPair("key and certificate do not match"),
};

const notEntitled = badPair(
  'the zone\'s plan has no Configuration Rules; set the mode of the zone instead (sslBy: "zone")',
);

/** What a code means, by operation: the numbers are not unique across the API. */
const meanings: Partial<Record<Operation, Readonly<Record<number, Meaning>>>> = {
  uploadCertificate: {
    ...badUploads,
    2005: badPair("the quota is used up (10 hostname certificates for each zone); retire some"),
    1212: badPair("the quota is used up (10 hostname certificates for each zone); retire some"),
  },
  uploadZoneCertificate: {
    ...badUploads,
    2005: badPair("the quota of the zone's store is used up; retire some"),
    1212: badPair("the quota of the zone's store is used up; retire some"),
  },
  deleteZoneCertificate: { 1414: gone, 1415: gone, 1434: deploying, 1551: gone, 1552: gone },
  putAssociation: {
    1404: badPair("the certificate id is missing"),
    1415: {
      code: "REMOTE_REJECTED",
      refusal: "wrong-id",
      mend: "the certificate id is unknown to the hostname store: deleted, or of the zone-level store, which is a separate one",
    },
    1551: gone,
    1552: gone,
    1553: gone,
  },
  readAssociation: { 1553: gone },
  readConfigRules: { 10001: gone, 10003: gone, 50002: gone },
  // the code of a second ruleset for the phase
  createConfigRules: { 20217: exists, 50002: notEntitled },
  addConfigRule: {
    20217: badPair("the zone's plan takes no more Configuration Rules; take some away"),
    50002: notEntitled,
  },
  changeConfigRule: { 10001: gone, 10003: gone },
  deleteConfigRule: { 10001: gone, 10003: gone },
  deleteCertificate: {
    1414: gone,
    1415: gone,
    1433: {
      code: "REMOTE_CONFLICT",
      refusal: "in-use",
      mend: "a hostname association still uses it (one with enabled:false, too); void that first",
    },
    1434: deploying,
    1551: gone,
    1552: gone,
  },
  uploadAuthority: {
    1471: exists,
    1489: badPair("the account has as many CAs as it may (5); retire some, or ask Cloudflare for more"),
  },
  listAuthorityServices: { 1472: gone },
  deleteAuthority: { 1472: gone },
  readFirewallRules: { 10001: gone, 10003: gone },
  changeFirewallRule: { 10001: gone, 10003: gone },
  deleteFirewallRule: { 10001: gone, 10003: gone },
  issueClientCertificate: {
    1212: badPair("the quota of client certificates is used up (100 active ones for each zone); revoke some"),
  },
  readClientCertificate: { 1415: gone },
  restoreClientCertificate: { 1415: gone },
  revokeClientCertificate: { 1407: exists, 1415: gone },
};

const noRoute: Meaning = {
  code: "REMOTE_UNEXPECTED",
  mend: "the API has no such route; check the base URL and the zone's id",
};

/** Codes of the platform in front of all services. */
const platform: Readonly<Record<number, Meaning>> = { 7000: noRoute, 7001: noRoute, 7003: noRoute };

const forbidden = [10000, 9109, 6003, 9106, 9103];

/** Where a call was meant to act. */
export interface Coordinates {
  readonly adapter: string;
  readonly operation: Operation;
  readonly zone?: string | undefined;
  readonly hostname?: string | undefined;
  readonly certificate?: string | undefined;
  /** Of calls on an account. */
  readonly account?: string | undefined;
}

/** One entry of the envelope's `errors`. */
export interface ApiError {
  readonly code?: number | undefined;
  readonly message?: string | undefined;
}

/** What was answered, as far as an error may know it. */
export interface Answer {
  readonly status: number;
  readonly errors: readonly ApiError[];
  readonly retryAfterMs?: number | undefined;
}

/**
 * The error for an answer that is not a success: a status of 400 and up, or `success: false` with any status.
 * Sources: Cloudflare API, "Authenticated Origin Pulls" operations, and "API rate limits".
 */
export function translateRefusal(where: Coordinates, answer: Answer): HandfastError {
  const { operation } = where;
  const known = answer.errors.find((one) => meaningOf(operation, one.code) !== undefined);
  const error = known ?? answer.errors[0];
  const meaning = meaningOf(operation, known?.code) ?? byStatus(operation, answer);
  const text = redact(error?.message ?? "");
  const said = [`HTTP ${answer.status}`, error?.code === undefined ? "" : `code ${error.code}`, text].filter(
    (part) => part !== "",
  );
  return new HandfastError(
    meaning.code,
    `${operations[operation].title} failed ${bracket(where)}: Cloudflare answered ${said.join(", ")}; ${meaning.mend}`,
    {
      ...detailsOf(where),
      provider: {
        code: error?.code === undefined ? undefined : String(error.code),
        status: answer.status,
        message: text === "" ? undefined : text,
      },
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
      ...((answer.status >= 500 || answer.status === 408) && isWrite(operation)
        ? { outcomeUnknown: true }
        : {}),
    },
  );
}

/** The error for a call without a usable answer: no connection, no answer in time, no JSON, another shape. */
export function translateFailure(
  where: Coordinates,
  failure: {
    readonly kind: "network" | "timeout" | "shape";
    readonly reason?: string | undefined;
    readonly cause?: unknown;
  },
): HandfastError {
  const reason = {
    network: "no answer came (connection failed)",
    timeout: "no answer came in time",
    shape: `the answer is not what the API documents${failure.reason === undefined ? "" : ` (${failure.reason})`}`,
  }[failure.kind];
  const mend = isWrite(where.operation)
    ? "it may have taken effect all the same, so look before trying again"
    : "try again later";
  return new HandfastError(
    failure.kind === "shape" ? "REMOTE_UNEXPECTED" : "REMOTE_UNAVAILABLE",
    `${operations[where.operation].title} failed ${bracket(where)}: ${reason}; ${mend}`,
    { ...detailsOf(where), ...(isWrite(where.operation) ? { outcomeUnknown: true } : {}) },
    { cause: failure.cause },
  );
}

/** What a refusal means to the adapter; undefined for every other error. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!isHandfastError(error)) return undefined;
  const { operation: call, provider } = error.details;
  const operation = (Object.keys(operations) as Operation[]).find((name) => operations[name].call === call);
  if (operation === undefined) return undefined;
  const known = provider?.code === undefined ? undefined : meaningOf(operation, Number(provider.code));
  if (known !== undefined) return known.refusal;
  if (provider?.status === undefined) return undefined;
  const errors = [
    { code: provider.code === undefined ? undefined : Number(provider.code), message: provider.message },
  ];
  return byStatus(operation, { status: provider.status, errors }).refusal;
}

/** The token permission that a call needs on its zone. */
export function permissionFor(operation: ZoneOperation): string {
  return operations[operation].permission;
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

function meaningOf(operation: Operation, code: number | undefined): Meaning | undefined {
  return code === undefined ? undefined : (meanings[operation]?.[code] ?? platform[code]);
}

function byStatus(operation: Operation, { status, errors }: Answer): Meaning {
  const codes = errors.map(({ code }) => code);
  if (status === 429) return { code: "REMOTE_RATE_LIMITED", mend: "too many requests; wait before the next" };
  if (status >= 500 || status === 408) {
    return { code: "REMOTE_UNAVAILABLE", mend: "Cloudflare's API has a fault; try again later" };
  }
  if (status === 409) {
    return {
      code: "REMOTE_CONFLICT",
      refusal: "busy",
      mend: "another write to this zone is running; try again later",
    };
  }
  if (
    status === 401 ||
    status === 403 ||
    codes.some((code) => code !== undefined && forbidden.includes(code))
  ) {
    return {
      code: "REMOTE_UNAUTHORIZED",
      mend: mendOf(operations[operation]),
    };
  }
  if (
    (operation === "deleteCertificate" || operation === "deleteAuthority") &&
    errors.some(({ message }) => /already deleted/i.test(message ?? ""))
  )
    return gone;
  if (operation === "deleteAuthority" && errors.some(({ message }) => /in use/i.test(message ?? ""))) {
    return {
      code: "REMOTE_CONFLICT",
      refusal: "in-use",
      mend: "a hostname or a service still uses it, or did a moment ago; try again later",
    };
  }
  if (status === 404) return gone;
  if (status >= 300 && status < 400) {
    return { code: "REMOTE_UNEXPECTED", mend: "the API never redirects; check the base URL" };
  }
  return { code: "REMOTE_REJECTED", mend: "see Cloudflare's text" };
}

function mendOf({ permission, on = "zone" }: OperationFacts): string {
  if (permission === undefined) return "give a token that Cloudflare knows";
  return `give the token the permission "${permission}" on this ${on} (and check that token and ${on} id are right)`;
}

function detailsOf(where: Coordinates) {
  return {
    adapter: where.adapter,
    object: where.hostname === undefined ? (where.zone ?? where.account) : `${where.zone}/${where.hostname}`,
    operation: operations[where.operation].call,
  };
}

function bracket({ zone, hostname, certificate, account }: Coordinates): string {
  const parts = zone === undefined ? [] : [`zone=${zone}`];
  if (account !== undefined) parts.push(`account=${account}`);
  if (hostname !== undefined) parts.push(`hostname=${hostname}`);
  if (certificate !== undefined) parts.push(`certificate=${certificate}`);
  return `[${parts.join(", ")}]`;
}

/** A provider's text may repeat what was sent: PEM is cut out, the rest cut to 500 characters. */
function redact(text: string): string {
  return text.replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, "(PEM left out)").slice(0, 500);
}
