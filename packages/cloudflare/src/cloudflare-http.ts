/**
 * Cloudflare's API v4 over ky: authentication, envelope, paging, rate and retries. Nothing here knows what the
 * calls are for.
 */
import { type CallRate, type Clock, HandfastError, isHandfastError } from "@handfast/core";
import ky, { isTimeoutError, type KyInstance } from "ky";
import { z } from "zod";
import { type CloudflareCredentials, checkCredentials } from "./credentials.ts";
import { type Admission, admit } from "./governor/admit.ts";
import { callRate } from "./governor/call-rate.ts";
import { blockMs } from "./governor/quota.ts";
import type { GovernedAnswer, RateGovernor } from "./governor/rate-governor.ts";
import { processGovernors, type RateGovernors } from "./governor/rate-governors.ts";
import { readRetryAfter } from "./governor/rate-headers.ts";
import {
  type Coordinates,
  isWrite,
  methodFor,
  translateFailure,
  translateRefusal,
} from "./translate-error.ts";

/** How the API is reached. */
export interface CloudflareHttpOptions {
  readonly credentials: CloudflareCredentials;
  /** @default "https://api.cloudflare.com/client/v4" */
  readonly baseUrl?: string | undefined;
  /** @default the platform's own */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Where the governor of each credential is found: calls of one credential share one rate.
   *
   * @default one registry for the process
   */
  readonly governors?: RateGovernors | undefined;
  /** Governs all calls, whatever the credential; goes before `governors`. */
  readonly governor?: RateGovernor | undefined;
  /**
   * How long a call waits until Cloudflare ends a block of the credential, in milliseconds; of a longer one it tells at
   * once. The block that is published lasts five minutes.
   *
   * @default 330000
   */
  readonly patienceMs?: number | undefined;
  /**
   * Names the credential in plans, which add up what all adapters with the same name call. For a second credential, give
   * its adapters another name.
   *
   * @default "cloudflare"
   */
  readonly budget?: string | undefined;
  /** Milliseconds until a call without an answer is given up. @default 30000 */
  readonly timeoutMs?: number | undefined;
}

/** What a call runs under. */
export interface CallContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** As of {@link CloudflareHttpOptions}, for a caller who has less time. */
  readonly patienceMs?: number | undefined;
}

/** One request. `path` is below the base URL, without a leading slash, its parts encoded. */
export interface CloudflareRequest extends Coordinates {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: unknown;
}

/** The API, seen as calls with checked answers. */
export interface CloudflareHttp {
  /** The pace at which its calls go, for estimates. */
  readonly rate: CallRate;
  /** Calls so far, each try counted. */
  callsMade(): number;
  /** The checked `result`. @throws HandfastError `REMOTE_…`, `SECRET_MISSING`, `ABORTED` */
  send<T>(request: CloudflareRequest, schema: z.ZodType<T>, call: CallContext): Promise<T>;
  /** All rows of a list without paging; `result: null` is an empty one. */
  list<T>(request: CloudflareRequest, row: z.ZodType<T>, call: CallContext): Promise<T[]>;
  /** All rows of a list with `page` and `per_page`. */
  listPages<T>(
    request: CloudflareRequest,
    row: z.ZodType<T>,
    call: CallContext,
    perPage: number,
  ): Promise<T[]>;
}

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number().optional(), message: z.string().optional() })).nullish(),
  result: z.unknown().optional(),
  result_info: z.object({ total_count: z.number().optional(), total_pages: z.number().optional() }).nullish(),
});
type Envelope = z.infer<typeof envelope>;

const defaultBaseUrl = "https://api.cloudflare.com/client/v4";
const readTries = 4;
/** Once more after the block: whoever is refused again then is not the only one who calls. */
const limitTries = 2;
const defaultPatienceMs = 330_000;
const mostPages = 50;

/** @throws TypeError for a base URL that would send the credential in the clear, or for unclear credentials */
export function cloudflareHttp(options: CloudflareHttpOptions): CloudflareHttp {
  const { credentials, timeoutMs = 30_000, baseUrl = defaultBaseUrl, patienceMs } = options;
  checkCredentials(credentials);
  const prefix = checkBaseUrl(baseUrl);
  const admission: Admission = {
    credentials,
    baseUrl: nameBaseUrl(baseUrl),
    governor: options.governor,
    governors: options.governors ?? processGovernors(),
  };
  let made = 0;
  const api = ky.create({
    prefix,
    // ky would wait on the machine's clock, does not see the envelope, and can't tell what is safe to repeat
    retry: 0,
    throwHttpErrors: false,
    timeout: timeoutMs,
    // a redirect would carry X-Auth-Key along
    redirect: "manual",
    fetch: (...request: Parameters<typeof globalThis.fetch>) => {
      made += 1;
      return (options.fetch ?? globalThis.fetch)(...request);
    },
  });

  const exchange = async (request: CloudflareRequest, given: CallContext): Promise<Envelope> => {
    const call = { ...given, patienceMs: given.patienceMs ?? patienceMs ?? defaultPatienceMs };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await exchangeOnce(api, admission, request, call);
      } catch (error) {
        const waitMs = waitBeforeRetry(error, request, attempt, call.patienceMs);
        if (waitMs === undefined) throw error;
        if (waitMs > 0) await call.clock.sleep(waitMs, call.signal);
      }
    }
  };

  return {
    rate: callRate(options.budget ?? "cloudflare"),
    callsMade: () => made,
    async send(request, schema, call) {
      const { result } = await exchange(request, call);
      return parse(request, schema, result);
    },
    async list(request, row, call) {
      const { result } = await exchange(request, call);
      return parse(request, z.array(row), result ?? []);
    },
    async listPages(request, row, call, perPage) {
      const rows = [];
      let most = mostPages;
      for (let page = 1; page <= most; page += 1) {
        const query = { ...request.query, page, per_page: perPage };
        const { result, result_info: info } = await exchange({ ...request, query }, call);
        const found = parse(request, z.array(row), result ?? []);
        rows.push(...found);
        const all =
          info?.total_count === undefined ? found.length < perPage : rows.length >= info.total_count;
        if (all || found.length === 0) return rows;
        // a list that says how long it is may be longer
        if (info?.total_count !== undefined) most = Math.max(most, Math.ceil(info.total_count / perPage) + 1);
      }
      throw translateFailure(request, { kind: "shape", reason: `more than ${most} pages` });
    },
  };
}

async function exchangeOnce(
  api: KyInstance,
  admission: Admission,
  request: CloudflareRequest,
  call: CallContext,
): Promise<Envelope> {
  const { clock, signal } = call;
  throwIfAborted(request, signal);
  const { headers, governor } = await admit(admission, request.adapter, call).catch((error: unknown) => {
    throwIfAborted(request, signal);
    throw error;
  });
  if (signal.aborted) governor.observe("unanswered", call);
  throwIfAborted(request, signal);
  let seen: GovernedAnswer = "unanswered";
  let text: string;
  try {
    const response = await api(request.path, {
      method: methodFor(request.operation),
      headers,
      ...(request.query === undefined ? {} : { searchParams: { ...request.query } }),
      ...(request.body === undefined ? {} : { json: request.body }),
      // a write that was sent is waited for: cut off, nobody would know what became of it
      ...(isWrite(request.operation) ? {} : { signal }),
    });
    seen = { status: response.status, headers: response.headers };
    text = await response.text();
  } catch (cause) {
    // of a write that was sent nobody knows what became of it, whoever has lost interest
    if (!isWrite(request.operation)) throwIfAborted(request, signal);
    throw translateFailure(request, { kind: isTimeoutError(cause) ? "timeout" : "network", cause });
  } finally {
    governor.observe(seen, call);
  }
  const { status } = seen;
  const retryAfterMs = readRetryAfter(seen.headers, clock.now()) ?? (status === 429 ? blockMs : undefined);
  const answer = readEnvelope(text);
  if (status >= 200 && status < 300 && answer?.success === true) return answer;
  if (status < 300 && answer === undefined)
    throw translateFailure(request, { kind: "shape", reason: "no envelope" });
  throw translateRefusal(request, { status, errors: answer?.errors ?? [], retryAfterMs });
}

/** Undefined: give up. Only reads, and what was surely refused, are sent again. */
function waitBeforeRetry(
  error: unknown,
  { operation }: CloudflareRequest,
  attempt: number,
  patienceMs: number,
): number | undefined {
  if (!isHandfastError(error)) return undefined;
  const { retryAfterMs, operation: answered } = error.details;
  // the governor waits until the block is over, or tells that it won't; what it told is not asked again
  if (error.code === "REMOTE_RATE_LIMITED")
    return answered !== undefined && attempt < limitTries ? 0 : undefined;
  if (retryAfterMs !== undefined && retryAfterMs > patienceMs) return undefined;
  if (error.code === "REMOTE_UNAVAILABLE" && !isWrite(operation) && attempt < readTries) {
    return retryAfterMs ?? 1_000 * 2 ** (attempt - 1);
  }
  return undefined;
}

function readEnvelope(text: string): Envelope | undefined {
  try {
    return envelope.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function parse<T>(request: CloudflareRequest, schema: z.ZodType<T>, result: unknown): T {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join(".") || "result"}: ${message}`,
  );
  throw translateFailure(request, { kind: "shape", reason: where.slice(0, 3).join("; ") });
}

/** The base URL as a name: without what may be secret in it. */
export function nameBaseUrl(text: string = defaultBaseUrl): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

function checkBaseUrl(text: string): string {
  const url = URL.parse(text);
  const local = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && local))) {
    throw new TypeError("cloudflare: baseUrl must be an https URL; http is for loopback alone");
  }
  return text;
}

function throwIfAborted({ adapter, operation }: Coordinates, signal: AbortSignal): void {
  if (signal.aborted) {
    throw new HandfastError("ABORTED", `${operation} stopped: the caller aborted it`, { adapter });
  }
}
