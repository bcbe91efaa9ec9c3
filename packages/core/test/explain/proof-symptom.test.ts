import { explain } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { symptomOfProof } from "../../src/explain/proof-symptom.ts";

type Row = readonly [name: string, evidence: Readonly<Record<string, unknown>>, first: string | undefined];

/** As `prober` of `@handfast/pki` gives it, and what follows from it. */
const rows: readonly Row[] = [
  [
    "an alert by its number",
    { status: null, protocol: "TLSv1.3", asked: true, reason: "alert", alert: 116 },
    "nothing-shown",
  ],
  [
    "an alert with its name",
    { reason: "alert", alert: { number: 48, name: "unknown_ca" } },
    "ca-not-trusted",
  ],
  [
    "a reset after a certificate was shown",
    { status: null, protocol: "TLSv1.3", asked: true, shown: true, reason: "reset", errno: "ECONNRESET" },
    "silent-refusal",
  ],
  ["a bare end", { status: null, protocol: "TLSv1.3", asked: true, reason: "closed" }, "silent-refusal"],
  ["a closed port", { status: null, reason: "port-closed", errno: "ECONNREFUSED" }, "port-closed"],
  ["HTTP in the clear", { status: null, reason: "plain-http" }, "not-tls"],
  ["a key that can't sign", { status: 200, asked: true, reason: "not-shown" }, "cannot-sign"],
  [
    "an edge whose origin refuses",
    { status: 525, protocol: "TLSv1.3", asked: false, reason: "http-answer" },
    "origin-no-tls",
  ],
  ["an edge in front of nginx", { status: 400, asked: true, reason: "http-refusal" }, "nothing-shown"],
  ["an application that says no", { status: 404, asked: false, reason: "http-answer" }, "application-answer"],
  [
    "an application that saw nothing",
    { status: 200, asked: false, reason: "http-answer", seen: null },
    "older-connection",
  ],
  [
    "an application that saw another",
    { status: 200, asked: false, reason: "http-answer", seen: "ab12" },
    "older-connection",
  ],
  [
    "HTTP/2 that ended",
    { status: null, asked: true, reason: "h2-goaway", http2Error: "PROTOCOL_ERROR" },
    "nothing-shown",
  ],
  ["service, although it had to be refused", { status: 200, asked: false, reason: "http-answer" }, undefined],
  ["counts of a log", { connections: 12, refused: 1, complete: true }, undefined],
  ["nothing", {}, undefined],
  ["rubbish", { alert: "x", errno: 5, status: "200", protocol: 7, seen: [] }, undefined],
];

describe("what a proof's evidence points at", () => {
  it.each(rows)("%s", (_, evidence, first) => {
    const symptom = symptomOfProof(evidence);
    expect(symptom === undefined ? undefined : explain(symptom).causes[0]?.code).toBe(first);
  });
});
