/**
 * From what Cloudflare answers to the one error of handfast. Errors of the HTTP client stop here: they hold the
 * request, and the request of an upload holds a private key.
 */
import { HandfastError, type HandfastErrorCode, isHandfastError } from "@handfast/core";
import { isWrite, type Operation, type OperationFacts, operations } from "./operations.ts";

export {
  isWrite,
  methodFor,
  type Operation,
  permissionFor,
  permissionOn,
  type ZoneOperation,
} from "./operations.ts";

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

function meaningOf(operation: Operation, code: number | undefined): Meaning | undefined {
  return code === undefined ? undefined : (meanings[operation]?.[code] ?? platform[code]);
}

/** The stores say of what is gone that it is deleted already: by text, with no code of its own. */
const deletes: readonly Operation[] = ["deleteCertificate", "deleteZoneCertificate", "deleteAuthority"];

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
  if (deletes.includes(operation) && errors.some(({ message }) => /already deleted/i.test(message ?? "")))
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
