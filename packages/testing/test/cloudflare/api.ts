import { type TurnableClock, turnableClock } from "../../src/clock.ts";
import {
  type CloudflareOptions,
  type CloudflarePermission,
  type CloudflarePlan,
  cloudflare,
  type SimulatedCloudflare,
} from "../../src/index.ts";

/** An answer, read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Envelope;
}

export interface Envelope {
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly messages: readonly unknown[];
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
  readonly result?: any;
  readonly result_info?: Record<string, number>;
}

export const everything: readonly CloudflarePermission[] = [
  "SSL and Certificates Write",
  "Zone Settings Write",
  "Zone Read",
  "Config Settings Write",
  "Zone WAF Write",
  "Account: SSL and Certificates Write",
  "DNS Read",
];

/** Options without the clock: every test turns its own. */
export type TestOptions = Omit<CloudflareOptions, "clock">;

/** One zone with a token that may do everything, on a clock that stands still. */
export interface Setting {
  readonly clock: TurnableClock;
  readonly provider: SimulatedCloudflare;
  readonly zone: string;
  readonly token: string;
  /** Calls with the token; the path is below the zone. */
  call(method: string, path: string, body?: unknown): Promise<Answered>;
  /** The same, below the account. */
  callAccount(method: string, path: string, body?: unknown): Promise<Answered>;
}

/** The one account of the simulation. */
export const account = "00000000000000000000000000000001";

export function setting(
  { plan, ...options }: TestOptions & { readonly plan?: CloudflarePlan } = {},
  clock: TurnableClock = turnableClock(),
): Setting {
  const provider = cloudflare({ ...options, clock });
  const zone = provider.addZone({ name: "example.com", sslMode: "strict", plan }).id;
  const token = provider.addToken({ permissions: everything, zones: "all" });
  const headers = { authorization: `Bearer ${token}` };
  return {
    clock,
    provider,
    zone,
    token,
    call: (method, path, body) => send(provider, method, `/zones/${zone}${path}`, { headers, body }),
    callAccount: (method, path, body) =>
      send(provider, method, `/accounts/${account}${path}`, { headers, body }),
  };
}

export async function send(
  provider: SimulatedCloudflare,
  method: string,
  path: string,
  { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Answered> {
  const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
  const request = new Request(`https://api.cloudflare.com/client/v4${path}`, { method, headers, body: text });
  const response = await provider.service.handle(request);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Envelope };
}

/** Status and first code, for tables of refusals. */
export function refused({ status, body }: Answered): readonly [number, number | undefined] {
  return [status, body.errors[0]?.code];
}
