import type { Clock } from "@handfast/core";
import type { Authority, IssueOptions } from "../authority/authority.ts";
import { createCsr } from "../authority/create-csr.ts";
import { generateKey } from "../key/generate-key.ts";
import type { ProbeIdentity } from "./make-stranger.ts";
import type { ProbeShows } from "./probe-due.ts";

/** Certificates that only the caller can have. */
export interface ProbeSetIdentities {
  /** What the verifier should let in. */
  readonly ours?: ProbeIdentity | undefined;
  /** From the CA that is on its way out, or was. */
  readonly old?: ProbeIdentity | undefined;
  readonly expired?: ProbeIdentity | undefined;
  /** On the CRL that the verifier should have. */
  readonly revoked?: ProbeIdentity | undefined;
  /** From a trusted CA, for servers alone (extended key usage). */
  readonly serverAuthOnly?: ProbeIdentity | undefined;
}

/** What one row shows, or what the caller would have to give for it. */
export type ProbeSetEntry =
  | { readonly kind: "shows"; readonly identity: ProbeIdentity | "stranger" | undefined }
  | { readonly kind: "missing"; readonly missing: string };

const hour = 3_600_000;
const day = 24 * hour;
/** The least life of a certificate that has run out already. */
const leastLifeMs = 1_000;

/** The rows in the order of the table, each with what it shows: given by the caller, or issued here and now. */
export async function gatherIdentities(
  given: ProbeSetIdentities,
  issuer: Authority | undefined,
  clock: Clock,
): Promise<readonly (readonly [ProbeShows, ProbeSetEntry])[]> {
  const now = clock.now();
  const subject = "CN=handfast probe";
  const issue = async (authority: Authority, options: IssueOptions): Promise<ProbeIdentity> => {
    const key = await generateKey({ type: "ec", curve: "P-256" });
    const { chain } = await authority.issue(await createCsr({ subject, key }), options);
    return { chain, key: key.export() };
  };
  const fresh = { notBefore: now - hour, days: (2 * hour) / day };
  const entry = async (
    identity: ProbeIdentity | undefined,
    make: ((authority: Authority) => Promise<ProbeIdentity | string>) | undefined,
    missing: string,
  ): Promise<ProbeSetEntry> => {
    if (identity !== undefined) return { kind: "shows", identity };
    if (make === undefined || issuer === undefined) return { kind: "missing", missing };
    const made = await make(issuer);
    return typeof made === "string" ? { kind: "missing", missing: made } : { kind: "shows", identity: made };
  };
  const makeExpired = async (authority: Authority): Promise<ProbeIdentity | string> => {
    const start = Math.max(now - 2 * day, authority.certificate.facts.notBefore);
    const life = Math.floor((now - start) / 2 / 1_000) * 1_000;
    return life < leastLifeMs
      ? "identities.expired: the issuer is too young to have issued what has expired"
      : issue(authority, { notBefore: start, days: Math.min(life, day) / day });
  };
  return [
    ["none", { kind: "shows", identity: undefined }],
    [
      "ours",
      await entry(given.ours, (authority) => issue(authority, fresh), "identities.ours, or an issuer for it"),
    ],
    ["old", await entry(given.old, undefined, "identities.old: a certificate of the CA before this one")],
    ["stranger", { kind: "shows", identity: "stranger" }],
    [
      "expired",
      await entry(
        given.expired,
        makeExpired,
        "identities.expired, or an issuer that has been valid for a while",
      ),
    ],
    [
      "revoked",
      await entry(
        given.revoked,
        undefined,
        "identities.revoked: a certificate that is on the verifier's CRL",
      ),
    ],
    [
      "serverAuthOnly",
      await entry(
        given.serverAuthOnly,
        (authority) => issue(authority, { ...fresh, profile: "server", names: ["probe.invalid"] }),
        "identities.serverAuthOnly, or an issuer for it",
      ),
    ],
  ];
}
