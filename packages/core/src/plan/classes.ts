/**
 * Whom a verifier lets in, by classes of clients: what a state on the path lets in too early, or drops too early.
 * No link is needed for it: it speaks of the clients that nobody named.
 */

import { acceptsIssuedBy, type Rules } from "../accept/accepts.ts";
import type { Digest, Facts, VerifierFace } from "../adapter/contract.ts";
import { subjectDer } from "../certificate/read-certificate.ts";
import { sameFace } from "./same-face.ts";

interface ClientClass {
  /** For people: `clients without a certificate`, `expired certificates of CN=Root A`. */
  readonly name: string;
  accepted(face: VerifierFace): boolean;
}

/** What changes for clients between three faces of one verifier. Names of classes, for people. */
export interface Access {
  /** Let in by the state on the path, and by neither the first nor the last: a leak. */
  readonly leaks: readonly string[];
  /** Let in by both the first and the last, not by the state on the path: locked out for a while. */
  readonly dropped: readonly string[];
}

/** Who loses and who gains access from one face to another. */
export interface AccessChange {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** Compares a state on the path with the first and the last. What can't be read counts as letting nobody in. */
export function compareAccess(
  first: VerifierFace,
  on: VerifierFace,
  last: VerifierFace,
  at: number,
  rules: Rules,
  facts: Facts,
): Access {
  // most states on a path are those of its ends
  if (sameFace(on, first) || sameFace(on, last)) return { leaks: [], dropped: [] };
  const leaks: string[] = [];
  const dropped: string[] = [];
  for (const one of classesOf([first, on, last], at, rules, facts)) {
    const [before, now, after] = [one.accepted(first), one.accepted(on), one.accepted(last)];
    if (now && !before && !after) leaks.push(one.name);
    if (!now && before && after) dropped.push(one.name);
  }
  return { leaks, dropped };
}

/** Compares the first state with the last. What can't be read counts as letting nobody in. */
export function changeOfAccess(
  first: VerifierFace,
  last: VerifierFace,
  at: number,
  rules: Rules,
  facts: Facts,
): AccessChange {
  const classes = classesOf([first, last], at, rules, facts);
  return {
    gained: classes.filter((one) => !one.accepted(first) && one.accepted(last)).map(({ name }) => name),
    lost: classes.filter((one) => one.accepted(first) && !one.accepted(last)).map(({ name }) => name),
  };
}

function classesOf(faces: readonly VerifierFace[], at: number, rules: Rules, facts: Facts): ClientClass[] {
  const open = (face: VerifierFace): boolean => face.mode === "off" || face.mode === "request";
  const anchors = new Set(faces.flatMap((face) => ("known" in face.anchors ? face.anchors.known : [])));
  const crls = new Set(faces.flatMap((face) => ("known" in face.crls ? face.crls.known : [])));
  const asksResponders = faces.some(({ ocsp }) => ocsp === true);
  const classes: ClientClass[] = [
    { name: "clients without a certificate", accepted: (face) => face.mode !== "required" },
    { name: "certificates of any other CA", accepted: open },
  ];
  for (const anchor of anchors) {
    const ca = facts.certificate(anchor);
    const answers = new Map<VerifierFace, boolean>();
    const issued = (face: VerifierFace): boolean => {
      const known = answers.get(face);
      if (known !== undefined) return known;
      const answer =
        acceptsIssuedBy({ ...face, ocsp: false }, anchor, { at }, rules, facts).verdict === "accepted";
      answers.set(face, answer);
      return answer;
    };
    classes.push({ name: `certificates of ${ca.subject}`, accepted: issued });
    classes.push({
      name: `expired certificates of ${ca.subject}`,
      accepted: (face) => open(face) || (issued(face) && face.ignoreExpiry),
    });
    if (asksResponders) {
      classes.push({
        name: `certificates of ${ca.subject} that name no OCSP responder`,
        accepted: (face) => open(face) || (issued(face) && face.ocsp !== true),
      });
    }
    if (crls.size === 0) continue;
    const name = subjectDer(ca);
    const own = [...crls].filter((crl) => facts.crl(crl).issuer === name);
    for (const lists of revokedAlike(own, facts)) {
      const short = lists.map((crl) => crl.slice(0, 8)).join(" and ");
      classes.push({
        name: `certificates of ${ca.subject} that revocation list ${short} revokes`,
        accepted: (face) => open(face) || (issued(face) && !holdsOneOf(face, lists)),
      });
    }
  }
  return classes;
}

function holdsOneOf(face: VerifierFace, lists: readonly Digest[]): boolean {
  return "known" in face.crls && face.crls.known.some((crl) => lists.includes(crl));
}

/**
 * Revoked serials that the same lists revoke are one class: the sets of lists for which there is such a serial. A
 * state that has one list of two may let in what both ends refuse by different lists, so no list stands for itself.
 */
function revokedAlike(crls: readonly Digest[], facts: Facts): readonly (readonly Digest[])[] {
  let known = alike.get(facts);
  if (known === undefined) {
    known = new Map();
    alike.set(facts, known);
  }
  const name = crls.join();
  const found = known.get(name);
  if (found !== undefined) return found;
  const sets = new Map<string, readonly Digest[]>();
  for (const crl of crls) {
    for (const serial of facts.crl(crl).revoked) {
      const by = crls.filter((other) => facts.crl(other).revoked.has(serial));
      sets.set(by.join(), by);
    }
  }
  const all = [...sets.values()];
  known.set(name, all);
  return all;
}

/** Lists may hold half a million serials, and planning asks about the same lists many times. */
const alike = new WeakMap<Facts, Map<string, readonly (readonly Digest[])[]>>();
