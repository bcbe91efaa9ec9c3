import type { Rule } from "../rule.ts";

/** It is PEM, all of it can be read, and nothing else is in it. */
export function pemAlone(does: string, source: string) {
  return [
    { check: "not-pem", of: true, does, source },
    { check: "damaged-block", of: true, does, source },
    { check: "foreign-block", of: true, does, source },
  ] as const;
}

const undocumented = {
  severity: "warning",
  does: "does not say that it takes it",
  source: "not documented",
} as const;

/** Ways to write PEM of which few providers say a word. */
export const oddLines = [
  { check: "indented-block", of: true, ...undocumented },
  { check: "no-line-feed", of: true, ...undocumented },
] as const;

/** The same, and how Windows ends lines. */
export const oddText = [...oddLines, { check: "carriage-return", of: true, ...undocumented }] as const;

/** CAs that a verifier may stumble over, and says nothing of. */
export const oddAuthorities: readonly Rule<"bundle">[] = [
  {
    check: "empty-subject",
    of: true,
    severity: "warning",
    does: "does not say that it takes such a CA",
    source: "RFC 5280, 4.1.2.6",
  },
  { check: "duplicate", of: true, severity: "warning", does: "counts it twice", source: "not documented" },
  {
    check: "same-subject",
    of: true,
    severity: "warning",
    does: "does not say which of the two it uses",
    source: "not documented",
  },
  {
    check: "identifier-mismatch",
    of: true,
    severity: "warning",
    does: "finds no path over it",
    source: "RFC 5280, 4.2.1.1",
  },
];

/** Dates of a bundle, by what the provider does to clients of a CA that is not valid. */
export function anchorDates(does: string, source: string): readonly Rule<"bundle">[] {
  return [
    { check: "expired", of: true, severity: "warning", does: `${does} of it`, source },
    { check: "not-yet-valid", of: true, severity: "warning", does: `${does} of it until then`, source },
    { check: "no-usable-anchor", of: true, does, source },
    { check: "expires-soon", of: 30, severity: "warning", does: `${does} of it from then on`, source },
  ];
}

/** A list that does not go on where the one in use ends. */
export const lostEntries: readonly Rule<"crls">[] = [
  {
    check: "crl-older",
    of: true,
    severity: "warning",
    does: "takes it, and lets in again whom the newer list names",
    source: "RFC 5280, 5.2.3",
  },
  {
    check: "crl-shrinks",
    of: true,
    severity: "warning",
    does: "lets those in again",
    source: "RFC 5280, 3.3",
  },
];
