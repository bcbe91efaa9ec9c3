import { accepts, Evidence, HandfastError, sha256 } from "@handfast/core";
import { partsOf } from "@handfast/core/certificates";
import { type DroppedRequest, type Leaf, makeLeaf } from "../../authority/leaf.ts";
import type { Certificate } from "../../certificate/read-certificates.ts";
import { buildChain } from "./build-chain.ts";
import { type CaPurpose, writtenAttributes } from "./make-payload.ts";
import type { CaBundle } from "./read-bundle.ts";
import { attributesOf, formatAttribute, namesOf, type Wish } from "./read-wish.ts";

/** What was asked for, and when. */
export interface Expected {
  readonly wish: Wish;
  readonly purposes: readonly CaPurpose[];
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const day = 86_400_000;
/** What the clocks of two machines may differ by. */
const skew = 300_000;

const usages: Readonly<Record<CaPurpose, string>> = {
  client_auth: "1.3.6.1.5.5.7.3.2",
  server_auth: "1.3.6.1.5.5.7.3.1",
};

/** The strictest of the providers: no chain but to a root. */
const rules = { maxIntermediates: 3, partialChain: false, crlRule: "listed" } as const;

/**
 * Judges what came back as if anybody could have sent it: it must be a leaf for the request's own key and common name,
 * for what was asked for and not longer, valid now, and below a root of the CA's bundle.
 *
 * @param sent what came with it: intermediates of a CA that was renewed may not stand in the bundle yet
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` saying which of these it is not
 */
export function checkLeaf(
  leaf: Certificate,
  sent: readonly Certificate[],
  { roots, intermediates }: CaBundle,
  { wish, purposes, days, now }: Expected,
): Leaf {
  const { facts } = leaf;
  const refuse = (reason: string): HandfastError =>
    new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `issue certificate failed [CN=${wish.commonName}, serial=${facts.serial}]: what the CA sent ${reason}; do not use it, and find out who answers in its place`,
      { facts: { commonName: wish.commonName, serial: facts.serial, sha256: leaf.sha256 } },
    );
  if (facts.spki !== sha256(wish.publicKey)) throw refuse("is for another key than the request's");
  if (facts.ca || facts.keyUsage?.includes("keyCertSign") === true)
    throw refuse("is a CA certificate, where a leaf is due");
  const commonNames = attributesOf(partsOf(facts).subject).filter(({ type }) => type === "2.5.4.3");
  if (commonNames.length !== 1 || commonNames[0]?.value !== wish.commonName)
    throw refuse(`is for another name, ${facts.subject}`);
  const wanted = purposes.map((purpose) => usages[purpose]).sort();
  const given = [...(facts.extendedKeyUsage ?? [])].sort();
  if (wanted.join() !== given.join())
    throw refuse(
      `is for ${given.join(", ") || "any purpose"}, where ${wanted.join(", ")} was asked for (extended key usage)`,
    );
  if (facts.notAfter > now + days * day + skew)
    throw refuse(
      `is valid until ${new Date(facts.notAfter).toISOString()}, longer than the ${days} days asked for`,
    );
  const isCurrent = ({ facts: { notBefore, notAfter } }: Certificate): boolean =>
    notBefore <= now && now <= notAfter;
  if (!isCurrent(leaf))
    throw refuse(
      `is valid from ${new Date(facts.notBefore).toISOString()} to ${new Date(facts.notAfter).toISOString()}, and not now, ${new Date(now).toISOString()}`,
    );
  const path = buildChain(leaf, [...intermediates, ...sent].filter(isCurrent), roots.filter(isCurrent));
  if (path === undefined)
    throw refuse(`chains to no root of the CA's bundle that is valid now (issuer ${facts.issuer})`);
  const above = path.slice(1, -1);
  if (purposes.includes("client_auth")) {
    const verdict = judge(leaf, above, roots, now);
    if (verdict !== undefined) throw refuse(`would be refused by who trusts its bundle: ${verdict}`);
  }
  return makeLeaf(leaf.der, above.map(({ pem }) => pem).join(""), droppedFrom(wish, leaf));
}

/** Why a verifier that trusts these roots refuses it; undefined when it does not. */
function judge(
  leaf: Certificate,
  above: readonly Certificate[],
  roots: readonly Certificate[],
  at: number,
): string | undefined {
  const facts = new Evidence(new Map([leaf, ...above, ...roots].map(({ sha256, der }) => [sha256, der])));
  const { verdict, reason } = accepts(
    {
      role: "verifier",
      mode: "required",
      anchors: { known: roots.map(({ sha256 }) => sha256) },
      crls: { known: [] },
      ignoreExpiry: false,
      advertiseNames: false,
    },
    { certificate: leaf.sha256, chain: above.map(({ sha256 }) => sha256) },
    { at },
    rules,
    facts,
  );
  return verdict === "accepted" ? undefined : reason;
}

/** What the request asked for in vain: the CA leaves out what it does not know, and says so to nobody. */
function droppedFrom(wish: Wish, { facts }: Certificate): readonly DroppedRequest[] {
  const { subject, extensions } = partsOf(facts);
  const has = (list: readonly { readonly value: string }[], value: string): boolean =>
    list.some((one) => one.value.toLowerCase() === value.toLowerCase());
  const attributes = attributesOf(subject);
  const names = namesOf(extensions);
  return [
    ...wish.subject
      .filter(({ type, value }) => {
        const same = attributes.filter((one) => one.type === type);
        return writtenAttributes[type] === undefined || !has(same, value);
      })
      .map((one) => ({ part: "subject" as const, value: formatAttribute(one) })),
    ...wish.names
      .filter(
        ({ kind, value }) =>
          !has(
            names.filter((one) => one.kind === kind),
            value,
          ),
      )
      .map(({ kind, value }) => ({ part: "names" as const, value: `${kind}=${value}` })),
    ...[...wish.extensions]
      .filter(([oid, value]) => oid !== "2.5.29.17" && !isSame(extensions.get(oid), value))
      .map(([oid]) => ({ part: "extensions" as const, value: oid })),
  ];
}

function isSame(given: Uint8Array | undefined, asked: Uint8Array): boolean {
  return given !== undefined && Buffer.compare(given, asked) === 0;
}
