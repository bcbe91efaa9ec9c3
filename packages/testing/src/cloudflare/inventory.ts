import { clientCertificateStatus } from "./client-certificates/models.ts";
import { managedCa, writtenHostnames } from "./hostname-associations/models.ts";
import { type AccountCertificates, isStored } from "./mtls-certificates/models.ts";
import { isReadable, lastWrite } from "./origin-pull/models.ts";
import type { CloudflareTiming } from "./timing.ts";
import type { Zone } from "./zones/models.ts";

/** What a zone and its account hold, for a test to compare: content and names, no ids and no dates. */
export interface CloudflareInventory {
  /** PEM of each certificate that was not deleted, as the API gives it back, in the order of upload. */
  readonly certificates: Readonly<Record<"zone" | "hostname", readonly string[]>>;
  /** Whether the zone-level flavour is on. */
  readonly zoneLevel: boolean;
  /** Those that are there for their readers, with what was written last. */
  readonly associations: readonly {
    readonly hostname: string;
    /** PEM; undefined when the certificate is gone. */
    readonly certificate: string | undefined;
    readonly enabled: boolean | null;
  }[];
  /** Settings of the zone, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** Rules in their order, by phase, as they were written last. */
  readonly rules: Readonly<Record<string, readonly InventoriedRule[]>>;
  readonly visitors: {
    /** PEM of each certificate in the account's store, whichever zone it is used in. */
    readonly certificates: readonly string[];
    /** Where visitors are asked, by the PEM of the CA, or `managed`; a CA without hostnames is not among them. */
    readonly asking: Readonly<Record<string, readonly string[]>>;
    /** What the managed CA has issued for the zone: PEM, and whether it was revoked last. */
    readonly issued: readonly { readonly certificate: string; readonly revoked: boolean }[];
  };
}

/** A rule of any phase. */
export interface InventoriedRule {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** Reads a zone behind the API's back: no call is counted, and no fault is met. */
export function readInventory(
  zone: Zone,
  certificates: AccountCertificates,
  now: number,
  timing: CloudflareTiming,
): CloudflareInventory {
  const { pulls } = zone;
  const stored = [...certificates.values()].filter(isStored);
  const held = (store: "zone" | "hostname"): readonly string[] =>
    [...pulls.stores[store].values()].flatMap(({ deletedAt, text }) =>
      deletedAt === undefined ? [text.certificate] : [],
    );
  return {
    certificates: { zone: held("zone"), hostname: held("hostname") },
    zoneLevel: pulls.zoneLevelEnabled,
    associations: [...pulls.associations.values()]
      .filter((association) => isReadable(association, now, timing))
      .map((association) => {
        const { certificateId, enabled } = lastWrite(association);
        const certificate = pulls.stores.hostname.get(certificateId)?.text.certificate;
        return { hostname: association.hostname, certificate, enabled };
      }),
    settings: { ...zone.settings },
    rules: Object.fromEntries(
      [...zone.rulesets.values()].map(({ phase, rules }) => [
        phase,
        rules.map(({ action, parameters, expression, description, enabled }) => ({
          action,
          parameters,
          expression,
          description,
          enabled,
        })),
      ]),
    ),
    visitors: {
      certificates: stored.map(({ certificates: pem }) => pem),
      asking: Object.fromEntries(
        [[managedCa, managedCa] as const, ...stored.map(({ id, certificates: pem }) => [id, pem] as const)]
          .map(([id, pem]) => [pem, writtenHostnames(zone.askingHostnames, id)] as const)
          .filter(([, hostnames]) => hostnames.length > 0),
      ),
      issued: [...zone.clientCertificates.values()].map((issued) => ({
        certificate: issued.certificate,
        revoked: ["revoked", "pending_revocation"].includes(clientCertificateStatus(issued, now)),
      })),
    },
  };
}
