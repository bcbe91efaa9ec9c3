import { type Clock, systemClock } from "@handfast/core";
import { changes } from "../changes.ts";
import type { Source } from "../data-plane/sources.ts";
import { type Faults, faults as noFaults } from "../faults.ts";
import type { SimulatedService } from "../service.ts";
import { managedAuthority } from "./client-certificates/managed-authority.ts";
import { clientCertificateRoutes } from "./client-certificates/routes.ts";
import { cloudflareService } from "./cloudflare-service.ts";
import type { Credentials } from "./credentials.ts";
import { type CloudflareEdgeView, readEdge, type SharedCertificate } from "./edge-view.ts";
import { hostnameAssociationRoutes } from "./hostname-associations/routes.ts";
import { identifiers } from "./identifiers.ts";
import { type CloudflareInventory, readInventory } from "./inventory.ts";
import { addAccountCertificate, type NewAccountCertificate } from "./mtls-certificates/add-certificate.ts";
import type { AccountCertificates } from "./mtls-certificates/models.ts";
import { accountCertificateRoutes } from "./mtls-certificates/routes.ts";
import type { BatchHandling, Deployments } from "./origin-pull/models.ts";
import type { ChainHandling } from "./origin-pull/read-upload.ts";
import { originPullRoutes } from "./origin-pull/routes.ts";
import { ownMoments } from "./own-moments.ts";
import type { CloudflarePermission } from "./permission.ts";
import { type CloudflareQuotas, defaultQuotas } from "./quotas.ts";
import { type CloudflareRateLimit, defaultRateLimit, rateLimiter } from "./rate-limit.ts";
import { rulesetRoutes } from "./rulesets/routes.ts";
import { type CloudflareTiming, defaultTiming } from "./timing.ts";
import { tokenRoutes } from "./tokens/routes.ts";
import {
  addDnsRecord,
  addRule,
  addZone,
  type NewCustomRule,
  type NewRecord,
  type NewRule,
  type NewZone,
} from "./world.ts";
import { setZoneSetting } from "./zones/handlers.ts";
import { ownsHostname, type Zone, type ZoneSettings } from "./zones/models.ts";
import { zoneRoutes } from "./zones/routes.ts";

/** Options of {@link cloudflare}. */
export interface CloudflareOptions {
  /** Everything that takes time takes it here. Defaults to the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Faults that hit the calls; operations are named `METHOD /path/template`, e.g. `GET /zones/{zone_id}`. */
  readonly faults?: Faults | undefined;
  readonly timing?: Partial<CloudflareTiming> | undefined;
  readonly rateLimit?: Partial<CloudflareRateLimit> | undefined;
  readonly quotas?: Partial<CloudflareQuotas> | undefined;
  /**
   * The certificate of global Authenticated Origin Pulls, which all customers of the provider share. There is
   * no default: without it a zone with `tls_client_auth` on presents nothing, and the edge view says so.
   */
  readonly sharedCertificate?: SharedCertificate | undefined;
  /**
   * What becomes of certificates behind the leaf in an upload: no source says what the provider does.
   * @default "refuse"
   */
  readonly chain?: ChainHandling | undefined;
}

/** A token to be issued. */
export interface NewToken {
  readonly permissions: readonly CloudflarePermission[];
  /** Ids of zones. */
  readonly zones: "all" | readonly string[];
  /** Whose rate limit its calls count against. @default "user@example.com" */
  readonly user?: string | undefined;
  /** How long the platform still answers 403 to the new token. @default 0 */
  readonly propagationMs?: number | undefined;
  /** Whether it belongs to a user or to the account itself. @default "user" */
  readonly owner?: "user" | "account" | undefined;
  /** Switched off by its owner. @default false */
  readonly disabled?: boolean | undefined;
  /** Milliseconds since the epoch. Default: it never ends. */
  readonly expiresAt?: number | undefined;
  /** Milliseconds since the epoch. Default: it holds at once. */
  readonly notBefore?: number | undefined;
}

/** The simulated provider, with what a test arranges behind the API's back. */
export interface SimulatedCloudflare {
  readonly service: SimulatedService;
  readonly sharedCertificate: SharedCertificate | undefined;
  addZone(zone: NewZone): { readonly id: string };
  /** Issues an API token and returns its text. */
  addToken(token: NewToken): string;
  /** A global key: it may do everything in every zone. The provider's form is 37 hex digits or a little more. */
  addKey(credentials: { readonly email: string; readonly key: string }): void;
  /**
   * Counts calls against the rate of a user (or of a token that the account owns) which somebody else made, in the
   * dashboard or by another tool.
   *
   * @param user whose; default: "user@example.com"
   */
  spend(calls: number, user?: string): void;
  /** Writes a zone setting; `editable: false` makes the API refuse to change it. */
  setZoneSetting<S extends keyof ZoneSettings>(
    zoneId: string,
    setting: S,
    value: ZoneSettings[S],
    options?: { readonly editable?: boolean | undefined },
  ): void;
  addDnsRecord(zoneId: string, hostname: string, record: NewRecord): { readonly id: string };
  addConfigurationRule(zoneId: string, rule: NewRule): { readonly id: string };
  /** Adds a WAF custom rule, as another owner of the zone would have. */
  addCustomRule(zoneId: string, rule: NewCustomRule): { readonly id: string };
  /**
   * Adds a CA to the account's store, as another product of the provider would have.
   *
   * @throws {TypeError} when the store would refuse it
   */
  addAccountCertificate(certificate: NewAccountCertificate): { readonly id: string };
  /** PEM of the CA that the provider runs for the account, which its API does not tell; undefined until it has issued something. */
  managedCa(): string | undefined;
  /** From now on uploads and association writes of the zone succeed, or end in a time-out. */
  setDeployments(zoneId: string, deployments: Deployments): void;
  /** What becomes from now on of several associations in one write: no source tells. At first they go in order. */
  setBatches(zoneId: string, batches: BatchHandling): void;
  /** Makes a hostname certificate vanish while hostnames refer to it: the deadlock that users have reported. */
  loseHostnameCertificate(zoneId: string, certificateId: string): void;
  /**
   * What the edge presents for a hostname, by the control plane as it is now. Subscribers are told when it
   * becomes another, by a call or by the clock alone; a subscription keeps a sleeper on the clock.
   *
   * @throws {TypeError} when no zone has the hostname
   */
  edgeSource(hostname: string): Source<CloudflareEdgeView>;
  /** What a zone holds for Authenticated Origin Pulls, for a test to compare. */
  inventory(zoneId: string): CloudflareInventory;
  /**
   * Remembers all zones, and the account's store, as they are now. Calling the answer puts them back, as often as it is called; subscribers hear
   * of it. Rate limits and tokens go on.
   */
  snapshot(): () => void;
}

/**
 * A simulated Cloudflare v4 API: zones, DNS records, the settings `ssl` and `tls_client_auth`, Configuration
 * Rules and WAF custom rules, tokens that verify themselves, Authenticated Origin Pulls in all three flavours, client
 * certificates of the managed CA, the account's store of CAs and the hostnames at which visitors are asked, as strict,
 * as slow and as odd as the real one is known to be. Readings of facts that are not known stand in docs/discoveries/cloudflare.md.
 *
 * @example
 * ```ts
 * import { cloudflare, turnableClock } from "@handfast/testing";
 *
 * const provider = cloudflare({ clock: turnableClock() });
 * const zone = provider.addZone({ name: "example.com", sslMode: "strict" });
 * const token = provider.addToken({ permissions: ["Zone Read"], zones: [zone.id] });
 * export const response: Response = await provider.service.handle(
 *   new Request("https://api.cloudflare.com/client/v4/zones?name=example.com", {
 *     headers: { authorization: `Bearer ${token}` },
 *   }),
 * );
 * ```
 */
export function cloudflare(options: CloudflareOptions = {}): SimulatedCloudflare {
  const { clock = systemClock, faults = noFaults(), chain = "refuse", sharedCertificate } = options;
  const timing: CloudflareTiming = { ...defaultTiming, ...options.timing };
  const ids = identifiers();
  const zones = new Map<string, Zone>();
  const certificates: AccountCertificates = new Map();
  const authority = managedAuthority(ids.uuid());
  const quotas: CloudflareQuotas = { ...defaultQuotas, ...options.quotas };
  const credentials: Credentials = { tokens: new Map(), keys: new Map() };
  const { happened: changed, subscribe } = changes(clock, (now) => {
    const later = ownMoments(zones.values(), certificates, timing).filter((at) => at > now);
    return later.length === 0 ? undefined : Math.min(...later);
  });
  const findZone = (id: string): Zone => {
    const zone = zones.get(id);
    if (zone === undefined)
      throw new TypeError(`the simulated Cloudflare has no zone ${id}: add it by addZone`);
    return zone;
  };

  const limiter = rateLimiter({ ...defaultRateLimit, ...options.rateLimit });
  const service = cloudflareService({
    clock,
    faults,
    limiter,
    credentials,
    zones,
    routes: [
      ...originPullRoutes({ timing, ids, chain, changed }),
      ...rulesetRoutes({ ids, timing, changed }),
      ...clientCertificateRoutes({ ids, timing, authority, quota: quotas.clientCertificates, changed }),
      ...hostnameAssociationRoutes({ certificates, timing, changed }),
      ...accountCertificateRoutes({
        ids,
        timing,
        certificates,
        zones,
        quota: quotas.accountAuthorities,
        changed,
      }),
      ...zoneRoutes(zones, changed),
      ...tokenRoutes(),
    ],
  });

  return {
    service,
    sharedCertificate,
    addZone: (zone) => addZone(zones, zone, ids, clock.now()),
    addToken: ({ permissions, zones: seen, user = "user@example.com", propagationMs = 0, ...rest }) => {
      const { owner = "user", disabled = false, expiresAt, notBefore } = rest;
      const token = ids.token();
      credentials.tokens.set(token, {
        owner,
        disabled,
        expiresAt,
        notBefore,
        // The rate of a token of the account counts by itself.
        user: owner === "account" ? token : user,
        permissions: new Set(permissions),
        zones: seen === "all" ? "all" : new Set(seen),
        knownFrom: clock.now() + propagationMs,
      });
      return token;
    },
    addKey: ({ email, key }) => void credentials.keys.set(email, key),
    spend: (calls, user = "user@example.com") => limiter.spend(user, calls, clock.now()),
    setZoneSetting: (zoneId, setting, value, { editable = true } = {}) => {
      const zone = findZone(zoneId);
      setZoneSetting(zone, setting, value, clock.now());
      if (editable) zone.fixedSettings.delete(setting);
      else zone.fixedSettings.add(setting);
      changed();
    },
    addDnsRecord: (zoneId, hostname, record) => {
      const added = addDnsRecord(findZone(zoneId), hostname, record, ids, clock.now());
      changed();
      return added;
    },
    addConfigurationRule: (zoneId, rule) => {
      const given = { ...rule, action: "set_config", parameters: { ssl: rule.ssl } };
      const added = addRule(findZone(zoneId), "http_config_settings", given, ids, clock.now());
      changed();
      return added;
    },
    addCustomRule: (zoneId, rule) => {
      const { action = "block" } = rule;
      const given = { ...rule, action, parameters: action === "skip" ? { ruleset: "current" } : {} };
      const added = addRule(findZone(zoneId), "http_request_firewall_custom", given, ids, clock.now());
      changed();
      return added;
    },
    addAccountCertificate: (certificate) => {
      const added = addAccountCertificate(certificate, clock.now(), { certificates, ids, timing });
      changed();
      return added;
    },
    managedCa: authority.certificate,
    setDeployments: (zoneId, deployments) => {
      findZone(zoneId).pulls.deployments = deployments;
    },
    setBatches: (zoneId, batches) => {
      findZone(zoneId).pulls.batches = batches;
    },
    loseHostnameCertificate: (zoneId, certificateId) => {
      findZone(zoneId).pulls.stores.hostname.delete(certificateId);
      changed();
    },
    inventory: (zoneId) => readInventory(findZone(zoneId), certificates, clock.now(), timing),
    snapshot: () => {
      const kept = [...zones].map(([id, zone]) => [id, zone, structuredClone(zone)] as const);
      const stored = structuredClone(certificates);
      return () => {
        zones.clear();
        // Sources hold on to their zone, so it is the same one with what it had.
        for (const [id, zone, state] of kept) zones.set(id, Object.assign(zone, structuredClone(state)));
        certificates.clear();
        for (const [id, certificate] of structuredClone(stored)) certificates.set(id, certificate);
        changed();
      };
    },
    edgeSource: (given) => {
      const hostname = given.toLowerCase();
      const owner = [...zones.values()]
        .filter((zone) => ownsHostname(zone, hostname))
        .sort((a, b) => b.name.length - a.name.length)[0];
      if (owner === undefined) throw new TypeError(`no zone of the simulated Cloudflare has ${hostname}`);
      const current = (): CloudflareEdgeView =>
        readEdge({
          zone: owner,
          hostname,
          shared: sharedCertificate,
          account: { zones: zones.values(), certificates, managedCa: authority.certificate() },
          now: clock.now(),
          timing,
        });
      return {
        current,
        subscribe: (told) => {
          let seen = JSON.stringify(current());
          return subscribe(() => {
            const view = JSON.stringify(current());
            if (view === seen) return;
            seen = view;
            told();
          });
        },
      };
    },
  };
}
