/** What an engineer would try by hand after a rollout, and whether it went as it should. */
import { X509Certificate } from "node:crypto";
import type { ProbeResult } from "@handfast/pki";
import type { Screen } from "./demo-screen.ts";

/** One handshake that was tried. */
export interface Attempt {
  readonly name: string;
  readonly due: "served" | "refused";
  readonly result: ProbeResult;
  /** PEM, or DER, of the client certificate that the application must have been told of. */
  readonly seen?: string | Uint8Array;
}

/** What came of it. */
export interface Proof extends Pick<Attempt, "name" | "due"> {
  readonly ok: boolean;
  /** Whether the client was asked for a certificate. */
  readonly asked: boolean;
  readonly status: number | null;
  readonly reason: string;
}

/** Prints a line for each handshake. A refusal counts only from somebody who asked for a certificate before. */
export function showHandshakes(screen: Screen, attempts: readonly Attempt[]): Proof[] {
  const width = Math.max(...attempts.map(({ name }) => name.length));
  return attempts.map(({ name, due, result, seen }) => {
    const { verdict, httpStatus: status = null, asked = false } = result;
    const isSeen = seen === undefined || wasSeen(seen, result);
    const reason = isSeen ? result.explanation : "the application was told of another certificate, or none";
    const isServed = verdict === "accepted" && status === 200 && isSeen;
    const ok = due === "served" ? isServed : verdict === "refused" && asked;
    const mark = ok ? screen.paint("green", "as due") : screen.paint("red", "WRONG");
    const answer = status === null ? verdict : `${verdict}, HTTP ${status}`;
    const onTheWire = asked
      ? "the certificate request was seen on the wire"
      : "visitors are asked for nothing";
    screen.line(`  ${name.padEnd(width)} ${mark}  ${answer}; ${ok ? onTheWire : reason}`);
    return { name, due, ok, asked, status, reason };
  });
}

/** Whether the application repeated that certificate, in the form in which load balancers pass it on. */
function wasSeen(certificate: string | Uint8Array, { headers }: ProbeResult): boolean {
  const echo = headers["x-seen-client-cert"];
  if (echo === undefined) return false;
  return new X509Certificate(decodeURIComponent(echo)).raw.equals(new X509Certificate(certificate).raw);
}
