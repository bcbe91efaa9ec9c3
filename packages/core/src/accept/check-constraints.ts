import { attributeValues } from "../certificate/canonical-name.ts";
import type { GeneralName } from "../certificate/general-names.ts";
import type { NameConstraints, Subtree } from "../certificate/name-constraints.ts";
import { partsOf } from "../certificate/read-certificate.ts";
import { stringText } from "../certificate/string-text.ts";
import type { CertificateTraits } from "./certificate-traits.ts";
import { matchName } from "./match-names.ts";

const commonName = "2.5.4.3";
const emailAddress = "1.2.840.113549.1.9.1";

/** Names times constraints that OpenSSL looks at before it gives up. */
const mostComparisons = 1 << 20;

/**
 * Which name of a certificate a CA above may not give, for people; undefined when it may give all of them. Judged as
 * OpenSSL does: the subject as a directory name, e-mail addresses in it, the alternative names, and for a leaf without
 * a DNS name every common name that looks like one. A pair is checked once.
 */
export function violationOf(
  certificate: CertificateTraits,
  ca: CertificateTraits,
  isLeaf: boolean,
): string | undefined {
  const { constraints } = ca;
  if (constraints === undefined) return undefined;
  const cache = isLeaf ? ofLeaves : ofCas;
  let answers = cache.get(certificate);
  if (answers === undefined) {
    answers = new WeakMap();
    cache.set(certificate, answers);
  }
  let answer = answers.get(ca);
  if (answer === undefined) {
    answer = { violation: findViolation(certificate, constraints, isLeaf) };
    answers.set(ca, answer);
  }
  return answer.violation;
}

type Answers = WeakMap<
  CertificateTraits,
  WeakMap<CertificateTraits, { readonly violation: string | undefined }>
>;
const ofLeaves: Answers = new WeakMap();
const ofCas: Answers = new WeakMap();

function findViolation(
  certificate: CertificateTraits,
  constraints: NameConstraints,
  isLeaf: boolean,
): string | undefined {
  const subject = partsOf(certificate.facts).subject;
  const names: GeneralName[] = [];
  if (certificate.subject !== "") {
    names.push({ kind: "directory", der: subject, canonical: certificate.subject });
    for (const value of attributeValues(subject, emailAddress)) {
      if (value.tag !== 0x16) return "an e-mail address in its subject that is no IA5String";
      names.push({ kind: "email", text: Buffer.from(value.value).toString("latin1") });
    }
  }
  names.push(...certificate.altNames);
  if (isLeaf && !certificate.altNames.some(({ kind }) => kind === "dns")) {
    for (const value of attributeValues(subject, commonName)) {
      const text = (stringText(value) ?? "").replace(/\0+$/, "");
      if (text.includes("\0")) return "a common name with a NUL in it";
      if (isDomainLike(text)) names.push({ kind: "dns", text });
    }
  }
  if (names.length * (constraints.permitted.length + constraints.excluded.length) > mostComparisons)
    return "more names than anybody compares";
  for (const name of names) {
    const fault = judgeName(name, constraints);
    if (fault !== undefined) return `${describe(name)}${fault}`;
  }
  return undefined;
}

/** Why a name may not be given; undefined when it may. */
function judgeName(name: GeneralName, { permitted, excluded }: NameConstraints): string | undefined {
  const may = permitted.filter((subtree) => concerns(subtree, name));
  let isPermitted = may.length === 0;
  for (const { base, bounded } of may) {
    if (bounded) return ", whose constraint has bounds that nobody knows";
    if (isPermitted) continue;
    const match = matchName(name, base);
    if (match === "unclear") return ", which can't be held against the constraint";
    isPermitted = match === "inside";
  }
  if (!isPermitted) return "";
  for (const { base, bounded } of excluded.filter((subtree) => concerns(subtree, name))) {
    if (bounded) return ", whose constraint has bounds that nobody knows";
    const match = matchName(name, base);
    if (match === "unclear") return ", which can't be held against the constraint";
    if (match === "inside") return ", which is excluded";
  }
  return undefined;
}

function concerns({ base }: Subtree, name: GeneralName): boolean {
  // an internationalised mailbox is held against constraints of e-mail too, and can't be judged here
  if (name.kind === "other" && name.type === "1.3.6.1.5.5.7.8.9" && base.kind === "email") return true;
  if (base.kind !== name.kind) return false;
  return base.kind !== "other" || name.kind !== "other" || base.type === name.type;
}

function describe(name: GeneralName): string {
  switch (name.kind) {
    case "dns":
      return `the DNS name ${name.text}`;
    case "email":
      return `the e-mail address ${name.text}`;
    case "uri":
      return `the URI ${name.text}`;
    case "ip":
      return `the address ${[...name.bytes].join(".")}`;
    case "directory":
      return "its subject";
    default:
      return "an alternative name";
  }
}

/** Two labels or more, each of letters, digits, hyphens inside, and underscores: as OpenSSL's `cn2dnsid`. */
function isDomainLike(text: string): boolean {
  return (
    text.includes(".") &&
    text.split(".").every((label) => /^[A-Za-z0-9_-]+$/.test(label) && !/^-|-$/.test(label))
  );
}
