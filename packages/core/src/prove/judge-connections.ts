/** Who, of those that a verifier's log has seen, it would refuse with another face. Pure. */
import { accepts, type Rules, type Verdict } from "../accept/accepts.ts";
import type { Facts, VerifierFace } from "../adapter/contract.ts";
import type { CertificateFacts } from "../certificate/facts.ts";
import { subjectDer } from "../certificate/read-certificate.ts";
import type { ConnectionLogReading, LoggedCertificate, LoggedConnections } from "./connection-log.ts";

/** By what logged connections are judged. */
export interface ConnectionCourt {
  /** The face that the verifier has. */
  readonly before: VerifierFace;
  /** The face by which they are judged. */
  readonly face: VerifierFace;
  readonly rules: Rules;
  readonly facts: Facts;
  /** Leaf certificates that are known: a log that names one tells all of it. */
  readonly known: readonly CertificateFacts[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What would become of connections that are alike. */
export interface JudgedConnections extends LoggedConnections {
  readonly verdict: Verdict["verdict"];
  /** Why, in words for a person; empty when there is nothing to say. */
  readonly why: string;
}

/** The sum of it: numbers of connections. */
export interface ConnectionVerdicts {
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  /** Those that are not accepted, the most frequent first. */
  readonly others: readonly JudgedConnections[];
}

/**
 * Judges what a log has seen. What was refused already when it came, or would be by the face that the verifier has, loses
 * nothing, and counts nowhere: logs reach back to before that face.
 */
export function judgeConnections(reading: ConnectionLogReading, court: ConnectionCourt): ConnectionVerdicts {
  const counts = { accepted: 0, refused: 0, unknown: 0 };
  const others: JudgedConnections[] = [];
  for (const connections of reading.connections) {
    if (connections.outcome === "refused") continue;
    const { verdict, reason } = judgeOne(connections, court);
    if (verdict === "refused" && isRefusedNow(connections, court)) continue;
    counts[verdict] += connections.count;
    if (verdict !== "accepted") others.push({ ...connections, verdict, why: reason });
  }
  return { ...counts, others: others.toSorted((left, right) => right.count - left.count) };
}

function isRefusedNow(connections: LoggedConnections, court: ConnectionCourt): boolean {
  return judgeOne(connections, { ...court, face: court.before }).verdict === "refused";
}

function judgeOne({ shown, outcome }: LoggedConnections, court: ConnectionCourt): Verdict {
  const { face, rules, facts, at } = court;
  if (shown === "nothing") return accepts(face, "nothing", { at }, rules, facts);
  if (face.mode === "off" || face.mode === "request") return { verdict: "accepted", reason: "" };
  if (shown === "unknown") return { verdict: "unknown", reason: "the log does not tell what was shown" };
  const leaf = court.known.find((one) => isSame(one, shown));
  if (leaf !== undefined) {
    const verdict = accepts(face, { certificate: leaf.sha256, chain: [] }, { at }, rules, facts);
    // what else was sent along is not logged: another certificate between leaf and anchor may have been
    if (verdict.verdict === "accepted" || outcome !== "served") return verdict;
  }
  const known = refusalOf(shown, court);
  if (known !== undefined) return { verdict: "refused", reason: known };
  if (wasVerified(court) && outcome === "served") return { verdict: "accepted", reason: "" };
  return { verdict: "unknown", reason: "the log does not tell whether a trusted CA issued it" };
}

/** Serial numbers are unique with one issuer only, so something else must agree: the issuer's name, or when it ends. */
function isSame({ sha256, serial, notAfter, issuer }: CertificateFacts, shown: LoggedCertificate): boolean {
  if (shown.sha256 !== undefined) return shown.sha256 === sha256;
  if (shown.serial !== serial) return false;
  if (shown.notAfter !== undefined) return shown.notAfter === notAfter;
  return shown.issuer !== undefined && isSameName(shown.issuer, issuer);
}

/** Logs differ in the order of a name's parts, in spaces and in case. What is spelled in another way is another name. */
function isSameName(one: string, other: string): boolean {
  const partsOf = (name: string): string =>
    name
      .split(/[,+/\n]/)
      .map((part) => part.replace(/\s+/g, " ").trim().toLowerCase())
      .filter((part) => part !== "")
      .toSorted()
      .join(",");
  return partsOf(one) === partsOf(other);
}

/** Why a certificate would surely be refused, by the little that a log tells of it. */
function refusalOf(
  { serial, notBefore, notAfter, issuer }: LoggedCertificate,
  { face, facts, at }: ConnectionCourt,
): string | undefined {
  if (notAfter !== undefined && at > notAfter && !face.ignoreExpiry) return "it has expired";
  if (notBefore !== undefined && at < notBefore) return "it is not valid yet";
  if (serial === undefined || "unknown" in face.crls || "unknown" in face.anchors) return undefined;
  const anchors = face.anchors.known.map((digest) => facts.certificate(digest));
  const lists = face.crls.known.map((digest) => facts.crl(digest));
  const revoking = anchors.filter((ca) => {
    return lists.some((list) => list.issuer === subjectDer(ca) && list.revoked.has(serial));
  });
  // where the log does not name the issuer, there must be but one
  const isRevoked = revoking.some(({ subject }) =>
    issuer === undefined ? anchors.length === 1 : isSameName(subject, issuer),
  );
  return isRevoked ? "it is revoked" : undefined;
}

/** Whether the verifier checks now, and will trust at least as much: then what it served it will serve. */
function wasVerified({ before, face }: ConnectionCourt): boolean {
  if (before.mode === "off" || before.mode === "request") return false;
  if ("unknown" in before.anchors || "unknown" in face.anchors) return false;
  if ("unknown" in before.crls || "unknown" in face.crls) return false;
  const anchors = new Set(face.anchors.known);
  const crls = new Set(before.crls.known);
  return (
    before.anchors.known.every((anchor) => anchors.has(anchor)) &&
    face.crls.known.every((crl) => crls.has(crl)) &&
    (face.ignoreExpiry || !before.ignoreExpiry) &&
    (before.ocsp === true || face.ocsp !== true)
  );
}
