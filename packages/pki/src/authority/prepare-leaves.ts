import { createPublicKey, KeyObject } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { attributeName, attributeType } from "@handfast/core/certificates";
import {
  authorityInfo,
  authorityKeyId,
  basicConstraints,
  crlDistributionPoints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyId,
} from "../certificate/write-extensions.ts";
import type { KeyAlgorithm } from "../key/key-handle.ts";
import {
  type AlternativeName,
  alternativeName,
  checkNameCount,
  encodeAlternativeName,
  type NameKind,
} from "../name/alternative-name.ts";
import { encodeName } from "../name/encode-name.ts";
import { type FilteredName, filterName } from "../name/filter-name.ts";
import { quoteText } from "../name/quote-text.ts";
import type { IssueOptions, LeafOptions, LeafRequest, PublicKeyInput } from "./authority.ts";
import { checkConstraints } from "./check-constraints.ts";
import { type CheckedPublicKey, checkPublicKey } from "./check-public-key.ts";
import { filterRequest } from "./filter-request.ts";
import type { Issuing } from "./issuing.ts";
import { keyId } from "./key-id.ts";
import type { DroppedRequest } from "./leaf.ts";
import { makeSerial } from "./make-serial.ts";
import { readCsr } from "./read-csr.ts";
import { readProfile } from "./read-profile.ts";
import { makeValidity, startFor, type Validity } from "./validity.ts";
import { writeCertificate } from "./write-certificate.ts";

/** A leaf that only lacks its signature. */
export interface PreparedLeaf {
  readonly content: Uint8Array;
  readonly dropped: readonly DroppedRequest[];
}

/** What one kind of leaf is made by. */
export interface LeafMaker {
  fromRequest(csr: string | Uint8Array, options: IssueOptions): PreparedLeaf;
  fromPublicKey(request: LeafRequest): PreparedLeaf;
}

/**
 * Makes ready what all leaves of an authority and a profile have in common, so that for each of them only serial,
 * subject, key and names are written.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the profile or the days are not in order
 */
export function prepareLeaves(issuing: Issuing, options: LeafOptions): LeafMaker {
  const profile = readProfile(options.profile ?? "edge-client");
  const { days = profile.days.usual } = options;
  const { facts } = issuing.certificate;
  const refuse = (reason: string): HandfastError =>
    new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `issue certificate failed [issuer=${facts.subject}, profile=${profile.name}]: ${reason}`,
    );
  if (days > profile.days.most)
    throw refuse(`${days} days are more than the ${profile.days.most} of the profile`);
  const excluded = excludedPurpose(profile.extendedKeyUsage, issuing);
  if (excluded !== undefined) throw refuse(excluded);
  const validityNow = validityOf(issuing, options.notBefore, days);
  const attributes = new Set(profile.subject.map(attributeType));
  const required = (profile.requires?.subject ?? []).map((name) => attributeType(name) ?? name);
  const { ocsp = [], issuer: issuers = [], crl = [] } = profile.urls ?? {};
  const fixed = new Map<KeyAlgorithm["type"], Uint8Array>();
  for (const [type, usages = []] of Object.entries(profile.keyUsage))
    fixed.set(
      type as KeyAlgorithm["type"],
      Buffer.concat([
        basicConstraints(false),
        keyUsage(usages),
        ...(profile.extendedKeyUsage.length === 0 ? [] : [extendedKeyUsage(profile.extendedKeyUsage)]),
        authorityKeyId(issuing.keyId),
        ...(ocsp.length + issuers.length === 0 ? [] : [authorityInfo(ocsp, issuers)]),
        ...(crl.length === 0 ? [] : [crlDistributionPoints(crl)]),
      ]),
    );

  const prepare = (
    publicKey: CheckedPublicKey,
    id: Uint8Array,
    { der: subject, types }: FilteredName,
    names: readonly AlternativeName[],
    dropped: readonly DroppedRequest[],
  ): PreparedLeaf => {
    const extensions = fixed.get(publicKey.algorithm.type);
    if (extensions === undefined) throw refuse(`it takes no key of type ${publicKey.algorithm.type}`);
    const missing = required.find((type) => !types.has(type));
    if (missing !== undefined) throw refuse(`the subject has no ${attributeName(missing)}`);
    if (names.length === 0 && profile.requires?.names === true)
      throw refuse("it needs names; pass names, or ask for them in the request");
    if (names.length === 0 && types.size === 0)
      throw refuse("there is neither a subject nor a name, so nobody could tell whose it is");
    const content = writeCertificate(
      {
        serial: makeSerial(issuing.random),
        issuer: issuing.subject,
        subject,
        validity: validityNow(),
        publicKey: publicKey.der,
        extensions: [
          extensions,
          subjectKeyId(id),
          ...(names.length === 0 ? [] : [subjectAltName(names.map(encodeAlternativeName), types.size === 0)]),
        ],
      },
      issuing.key,
    );
    checkConstraints(content, "leaf", issuing);
    return { content, dropped };
  };

  /** What the caller says must fit the profile; what a request says is cut to it. */
  const ownSubject = (text: string | undefined): FilteredName => {
    if (text === undefined) return nobody;
    const types = new Set<string>();
    const der = encodeName(text, types);
    for (const type of types)
      if (!attributes.has(type)) throw refuse(`its subjects have no ${attributeName(type)}`);
    return { der, types, dropped: nothing };
  };
  const ownNames = (texts: readonly string[]): readonly AlternativeName[] => {
    checkNameCount(texts.length);
    return texts.map((text) => {
      const name = alternativeName(text);
      if (!profile.names.includes(name.kind as NameKind))
        throw refuse(`it takes no ${name.kind} names, and ${quoteText(text)} is one`);
      return name;
    });
  };

  return {
    fromRequest: (csr, { names, subject }) => {
      const request = readCsr(csr);
      const id = keyId(request.publicKey.bits, issuing.keyIdentifiers);
      const filtered = filterRequest(request, profile, id);
      const name =
        subject === undefined
          ? filterName(request.subject, (type) => attributes.has(type))
          : ownSubject(subject);
      return prepare(
        request.publicKey,
        id,
        name,
        names === undefined ? filtered.names : ownNames(names),
        Object.freeze([
          ...name.dropped.map((value) => ({ part: "subject" as const, value })),
          ...filtered.dropped,
        ]),
      );
    },
    fromPublicKey: ({ publicKey, subject, names = [] }) => {
      const key = checkPublicKey(spkiOf(publicKey));
      return prepare(
        key,
        keyId(key.bits, issuing.keyIdentifiers),
        ownSubject(subject),
        ownNames(names),
        nothing,
      );
    },
  };
}

const nothing: readonly never[] = Object.freeze([]);
const nobody: FilteredName = { der: Uint8Array.of(0x30, 0), types: new Set(), dropped: nothing };

const anyPurpose = "2.5.29.37.0";

/** Which purpose of a profile a CA of the path leaves out of its own, so that verifiers refuse the leaf; undefined when none. */
function excludedPurpose(purposes: readonly string[], { limits }: Issuing): string | undefined {
  for (const { facts } of limits.purposed) {
    const allowed = facts.extendedKeyUsage ?? [];
    const excluded = allowed.includes(anyPurpose)
      ? undefined
      : purposes.find((purpose) => !allowed.includes(purpose));
    if (excluded !== undefined)
      return `the extended key usage of ${facts.subject} (${allowed.join(", ")}) leaves out ${excluded} of the profile; use another profile or authority`;
  }
  return undefined;
}

/** The validity of leaves that begin now: one value for all of the same second. */
function validityOf(issuing: Issuing, start: number | undefined, days: number): () => Validity {
  let second = Number.NaN;
  let validity: Validity | undefined;
  return () => {
    const from = Math.floor((start ?? startFor(issuing.clock.now(), days, issuing.limits.validity)) / 1000);
    if (validity === undefined || from !== second) {
      validity = makeValidity(from * 1000, days, issuing.limits.validity);
      second = from;
    }
    return validity;
  };
}

function spkiOf(key: PublicKeyInput): Uint8Array {
  if (key instanceof Uint8Array && key[0] === 0x30) return key;
  try {
    const read =
      key instanceof KeyObject ? key : createPublicKey(typeof key === "string" ? key : Buffer.from(key));
    const open = read.type === "private" ? createPublicKey(read) : read;
    return new Uint8Array(open.export({ type: "spki", format: "der" }));
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      "read public key failed: it is no SubjectPublicKeyInfo in DER or PEM, and no key object",
      {},
      { cause },
    );
  }
}
