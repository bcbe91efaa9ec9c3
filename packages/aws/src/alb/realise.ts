import {
  type CertificateFacts,
  canonicalText,
  type Digest,
  type Facts,
  type Finding,
  type Wanted,
  type WantedVerifier,
} from "@handfast/core";
import { holdsExactly, sortDigests } from "../digest-sets.ts";
import { pemLength } from "../pem.ts";
import { undoneBy } from "./managers.ts";
import { type AlbState, type Authentication, type StoreState, storeName } from "./state.ts";
import type { AlbTarget } from "./target.ts";

/** Quotas and rules of one trust store (user guide pages "Quotas for your Application Load Balancers", "Mutual authentication with TLS"). */
export const storeLimits = {
  anchors: 25,
  certificateBytes: 16 * 1024,
  subjectBytes: 10_000,
  crls: 30,
  crlBytes: 50 * 1024 * 1024,
  revokedEntries: 500_000,
};

type Realised =
  | { readonly state: AlbState; readonly findings?: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

/** Neutral to native: prefers the store in use, then one that handfast made, when the content is the same. */
export function realiseAlb(target: AlbTarget, wanted: Wanted, base: AlbState, facts: Facts): Realised {
  if (wanted.role !== "verifier")
    return refuse("not-a-verifier", "a listener shows no certificate", "use a presenter's adapter");
  if (wanted.mode === "off" && (base.listener?.authentication.mode ?? "off") === "off")
    return { state: base };
  const blocked = listenerFinding(target, base);
  if (blocked !== undefined || base.listener === null)
    return { findings: blocked === undefined ? [] : [blocked] };
  const { listener } = base;
  const set = (authentication: Authentication, stores = base.stores): Realised => {
    const state = { ...base, listener: { ...listener, authentication }, stores };
    const changes = canonicalText(authentication) !== canonicalText(listener.authentication);
    if (!changes || base.manager === undefined) return { state };
    return { state, findings: [undoneBy(base.manager, target.listener, authentication)] };
  };
  if (wanted.mode === "off") return set({ mode: "off" });
  if (wanted.mode === "request") return set({ mode: "passthrough" });
  if (wanted.mode === "optional") {
    return refuse(
      "mode-unsupported",
      "ALB has no mode that accepts a missing certificate and refuses a bad one",
      `choose "request" or "required"`,
    );
  }
  const anchors = sortDigests(wanted.anchors);
  const crls = sortDigests(wanted.crls);
  const findings = checkContent(anchors, crls, facts);
  if (findings.length > 0) return { findings };
  const flags = flagsOf(target, wanted);
  const existing = findStore(base, anchors, crls);
  if (existing !== undefined) return set({ mode: "verify", store: existing, ...flags, cut: false });
  const store = storeName(anchors, crls);
  const there = base.stores[store];
  const inUse =
    base.listener.authentication.mode === "verify" && base.listener.authentication.store === store;
  if (there !== undefined && (inUse || !canComplete(there, anchors, crls))) {
    return refuse(
      "store-name-taken",
      `trust store ${store} exists, and what is in it is not what its name says`,
      `point its listeners elsewhere and delete ${store}`,
    );
  }
  const made: StoreState = {
    ready: true,
    ours: true,
    taken: false,
    anchors: { known: anchors },
    crls: { known: crls },
  };
  return set({ mode: "verify", store, ...flags, cut: false }, { ...base.stores, [store]: made });
}

/** The finding that stands in the way of any change to a listener: it is not there, or has no TLS. */
export function listenerFinding({ listener }: AlbTarget, { listener: now }: AlbState): Finding | undefined {
  if (now === null) {
    return {
      code: "listener-not-found",
      severity: "blocker",
      message: `there is no listener ${listener} that these credentials see`,
      mend: "correct the ARN in the spec, or use credentials of the account that owns it",
    };
  }
  if (now.protocol === "HTTPS") return undefined;
  return {
    code: "listener-not-https",
    severity: "blocker",
    message: `listener ${listener} speaks ${now.protocol}; only an HTTPS listener can ask for client certificates`,
    mend: "the load balancer's owner gives the listener protocol HTTPS and a server certificate, or the spec names another",
  };
}

function flagsOf(
  target: AlbTarget,
  wanted: WantedVerifier,
): { ignoreExpiry: boolean; advertiseNames: boolean } {
  return {
    ignoreExpiry: wanted.ignoreExpiry ?? target.ignoreExpiry ?? false,
    advertiseNames: wanted.advertiseNames ?? target.advertiseNames ?? false,
  };
}

/** A ready store with exactly this content: the listener's own first, then ours by name. */
function findStore(
  { listener, stores }: AlbState,
  anchors: readonly Digest[],
  crls: readonly Digest[],
): string | undefined {
  const fits = (key: string): boolean => {
    const store = stores[key];
    return store?.ready === true && holdsExactly(store.anchors, anchors) && holdsExactly(store.crls, crls);
  };
  const now = listener?.authentication;
  if (now?.mode === "verify" && !now.cut && fits(now.store)) return now.store;
  const cut = now?.mode === "verify" && now.cut ? now.store : undefined;
  const all = Object.keys(stores).filter((key) => key !== cut && stores[key]?.ours === true);
  return [storeName(anchors, crls), ...all.toSorted()].find((key) => all.includes(key) && fits(key));
}

/** Whether a store that a stopped run left behind can be finished: the right anchors, some of the CRLs, nobody's yet. */
function canComplete(store: StoreState, anchors: readonly Digest[], crls: readonly Digest[]): boolean {
  if (!store.ours || store.taken) return false;
  if (!store.ready) return true;
  return (
    holdsExactly(store.anchors, anchors) &&
    "known" in store.crls &&
    store.crls.known.every((crl) => crls.includes(crl))
  );
}

/** Why ALB would refuse this content, told before anything is sent. */
function checkContent(anchors: readonly Digest[], crls: readonly Digest[], facts: Facts): Finding[] {
  const found: Finding[] = [];
  const block = (code: string, message: string, mend: string): void => {
    found.push({ code, severity: "blocker", message, mend });
  };
  const {
    anchors: room,
    certificateBytes,
    subjectBytes,
    crls: crlRoom,
    crlBytes,
    revokedEntries,
  } = storeLimits;
  if (anchors.length === 0)
    block("no-anchors", "a store without a CA trusts nobody", "name a trust with anchors");
  if (anchors.length > room) {
    block(
      "too-many-anchors",
      `${anchors.length} anchors; a trust store holds ${room}`,
      "trust fewer CAs here",
    );
  }
  const certificates = anchors.map((digest) => facts.certificate(digest));
  for (const certificate of certificates) {
    const reason = unfitness(certificate);
    if (reason === undefined) continue;
    block(
      "anchor-unsuitable",
      `ALB does not take ${certificate.subject}: ${reason}`,
      "leave it out of the trust",
    );
  }
  const oversized = certificates.find(({ der }) => pemLength(der) > certificateBytes);
  if (oversized !== undefined) {
    block(
      "anchor-too-large",
      `${oversized.subject} is larger than 16 KB as PEM`,
      "leave it out of the trust",
    );
  }
  // The text of a name is never longer than its DER, so this refuses nothing that the service takes.
  const subjects = certificates.reduce((sum, { subject }) => sum + Buffer.byteLength(subject), 0);
  if (subjects > subjectBytes) {
    block(
      "subjects-too-long",
      `the anchors' names take ${subjects} of ${subjectBytes} bytes`,
      "trust fewer CAs here",
    );
  }
  if (crls.length > crlRoom)
    block("too-many-crls", `${crls.length} CRLs; a store holds ${crlRoom}`, "merge some");
  const lists = crls.map((digest) => facts.crl(digest));
  const revoked = lists.reduce((sum, list) => sum + list.revoked.size, 0);
  if (revoked > revokedEntries) {
    block(
      "too-many-revoked",
      `${revoked} revoked certificates; a store holds ${revokedEntries}`,
      "drop expired entries",
    );
  }
  if (lists.some(({ der }) => pemLength(der) > crlBytes)) {
    block("crl-too-large", "a CRL is larger than 50 MB as PEM", "split it over several CAs");
  }
  return found;
}

/** Why ALB has no use for a certificate as an anchor. Whether it takes one without CA:true is not documented: refused. */
function unfitness({ ca, key }: CertificateFacts): string | undefined {
  if (!ca) return "it is no CA certificate";
  if (/^ec-(prime256v1|secp384r1|secp521r1)$/.test(key)) return undefined;
  const bits = Number(/^rsa-(\d+)$/.exec(key)?.[1] ?? 0);
  return bits >= 2048 && bits <= 8192
    ? undefined
    : `its key is ${key}; RSA of 2048 to 8192 bits, P-256, P-384, P-521`;
}

function refuse(code: string, message: string, mend: string): Realised {
  return { findings: [{ code, severity: "blocker", message, mend }] };
}
