import { element, explicit, integer, oid, sequence } from "../../src/der/write-der.ts";
import {
  type CertificateSpec,
  day,
  encodeCertificate,
  encodeName,
  encodeSerial,
  encodeUsage,
  extension,
  type Hash,
  type NameSpec,
  now,
  type PoolKey,
  type Purpose,
  p256,
  purposes,
  type signed,
  type Usage,
} from "./make-certificate.ts";

/** What differs from a sound certificate at this place. `null` leaves an extension out. */
export interface Variation {
  readonly subject?: NameSpec;
  /** As it is spelt in the certificate that the next one issues to. @default the issuer's subject */
  readonly issuer?: NameSpec;
  readonly key?: PoolKey;
  readonly signer?: PoolKey;
  readonly serial?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly version?: 1 | 3;
  readonly basic?: { readonly ca: boolean; readonly pathLength?: number } | null;
  readonly usage?: readonly Usage[] | null;
  readonly purposes?: readonly Purpose[] | null;
  readonly ski?: Uint8Array | null;
  readonly aki?: Uint8Array | null;
  /** GeneralNames of the subject alternative name. */
  readonly names?: readonly Uint8Array[];
  readonly constraints?: Uint8Array;
  readonly more?: readonly Uint8Array[];
  readonly hash?: Hash;
  readonly damage?: Parameters<typeof signed>[3];
}

/** A certificate that was made, with what others need to know of it. */
export interface Made {
  readonly der: Uint8Array;
  readonly spec: CertificateSpec;
}

let count = 0;

/** A number that nothing else in the matrix has. */
export const fresh = (): number => {
  count += 1;
  return count;
};

/** Any P-256 key of the pool, in turn. */
const someKey = (): PoolKey => p256[fresh() % p256.length] as PoolKey;

/** A root, by default sound. */
export function makeRoot(variation: Variation = {}): Made {
  const key = variation.key ?? someKey();
  const subject = variation.subject ?? [["CN", `Root ${fresh()}`]];
  return make("ca", { aki: null, ...variation, key, subject }, { subject, key: variation.signer ?? key });
}

/** A CA below another. */
export function makeCa(issuer: Made, variation: Variation = {}): Made {
  return make("ca", variation, issuer.spec);
}

/** A client's certificate. */
export function makeLeaf(issuer: Made, variation: Variation = {}): Made {
  return make("leaf", variation, issuer.spec);
}

/** A root, CAs one below the other, and a leaf at the end: as many as there are variations. */
export function makeLine(variations: readonly Variation[]): readonly [Made, ...Made[]] {
  const line: [Made, ...Made[]] = [makeRoot(variations[0])];
  for (const [index, variation] of variations.slice(1).entries()) {
    const issuer = line.at(-1) as Made;
    line.push((index === variations.length - 2 ? makeLeaf : makeCa)(issuer, variation));
  }
  return line;
}

function make(
  role: "ca" | "leaf",
  variation: Variation,
  issuer: { readonly subject: NameSpec; readonly key: PoolKey },
): Made {
  const key = variation.key ?? someKey();
  const version = variation.version ?? 3;
  const spec: CertificateSpec = {
    subject: variation.subject ?? [["CN", `${role} ${fresh()}`]],
    issuer: variation.issuer ?? issuer.subject,
    key,
    signer: variation.signer ?? issuer.key,
    serial: variation.serial ?? 0x1000 + fresh(),
    notBefore: variation.notBefore ?? now - 100 * day,
    notAfter: variation.notAfter ?? now + 1_000 * day,
    version,
    extensions: version === 1 ? (variation.more ?? []) : extensionsOf(role, variation, key, issuer.key),
    hash: variation.hash ?? "sha256",
    damage: variation.damage ?? "",
  };
  return { der: encodeCertificate(spec), spec };
}

function extensionsOf(
  role: "ca" | "leaf",
  variation: Variation,
  key: PoolKey,
  issuer: PoolKey,
): Uint8Array[] {
  const isCa = role === "ca";
  const {
    basic = isCa ? { ca: true } : null,
    usage = isCa ? ["keyCertSign", "cRLSign"] : ["digitalSignature"],
    purposes: wanted = isCa ? null : ["client"],
    ski = isCa ? key.id : null,
    aki = keyIdOnly(issuer.id),
    names,
    constraints,
    more = [],
  } = variation;
  return [
    ...(basic === null ? [] : [extension("2.5.29.19", encodeBasic(basic), "critical")]),
    ...(usage === null ? [] : [extension("2.5.29.15", encodeUsage(usage), "critical")]),
    ...(wanted === null
      ? []
      : [extension("2.5.29.37", sequence(...wanted.map((one) => oid(purposes[one]))))]),
    ...(ski === null ? [] : [extension("2.5.29.14", element(0x04, ski))]),
    ...(aki === null ? [] : [extension("2.5.29.35", aki)]),
    ...(names === undefined ? [] : [extension("2.5.29.17", sequence(...names))]),
    ...(constraints === undefined ? [] : [extension("2.5.29.30", constraints, "critical")]),
    ...more,
  ];
}

function encodeBasic({ ca, pathLength }: { readonly ca: boolean; readonly pathLength?: number }): Uint8Array {
  return sequence(
    ...(ca ? [Uint8Array.of(1, 1, 0xff)] : []),
    ...(pathLength === undefined ? [] : [integer(Uint8Array.of(pathLength))]),
  );
}

/** An authority key identifier with a key's alone. */
export const keyIdOnly = (id: Uint8Array): Uint8Array => sequence(element(0x80, id));

/** An authority key identifier with an issuer's name and serial number. */
export function issuerAndSerial(issuer: NameSpec, serial: number, id?: Uint8Array): Uint8Array {
  const number = encodeSerial(serial);
  return sequence(
    ...(id === undefined ? [] : [element(0x80, id)]),
    element(0xa1, directoryName(issuer)),
    element(0x82, number.subarray(2)),
  );
}

export const dnsName = (name: string): Uint8Array => element(0x82, Buffer.from(name, "latin1"));
export const email = (name: string): Uint8Array => element(0x81, Buffer.from(name, "latin1"));
export const uri = (name: string): Uint8Array => element(0x86, Buffer.from(name, "latin1"));
export const address = (...octets: readonly number[]): Uint8Array => element(0x87, Uint8Array.from(octets));
export const directoryName = (name: NameSpec): Uint8Array => element(0xa4, encodeName(name));
export const registeredId = (id: string): Uint8Array => element(0x88, oid(id).subarray(2));
export const otherName = (type: string, value: Uint8Array): Uint8Array =>
  element(0xa0, oid(type), explicit(0, value));

/** Name constraints of subtrees, each a GeneralName with what may follow it. */
export function nameConstraints(
  permitted: readonly Uint8Array[],
  excluded: readonly Uint8Array[] = [],
  bounds: readonly Uint8Array[] = [],
): Uint8Array {
  const list = (tag: number, names: readonly Uint8Array[]): Uint8Array[] =>
    names.length === 0 ? [] : [explicit(tag, ...names.map((name) => sequence(name, ...bounds)))];
  return sequence(...list(0, permitted), ...list(1, excluded));
}
