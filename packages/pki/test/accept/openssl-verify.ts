import { spawnSync } from "node:child_process";
import type { VerdictCode } from "@handfast/core/accept";
import { now, pem } from "./make-certificate.ts";
import type { MatrixCase } from "./matrix-case.ts";

/** What `openssl verify` says of a case: whether it is OK, and the numbers of all errors in their order. */
export interface OpensslVerdict {
  readonly ok: boolean;
  readonly errors: readonly number[];
}

/** Our codes by OpenSSL's numbers (x509_vfy.h). */
export const codes: Readonly<Record<number, VerdictCode>> = {
  2: "no-issuer",
  3: "crl-missing",
  7: "bad-signature",
  8: "crl-signature",
  9: "not-yet-valid",
  10: "expired",
  11: "crl-not-yet-valid",
  12: "crl-expired",
  18: "self-signed",
  19: "self-signed",
  20: "no-issuer",
  22: "chain-too-long",
  23: "revoked",
  25: "path-length",
  26: "wrong-purpose",
  32: "not-a-ca",
  34: "unknown-critical-extension",
  35: "crl-issuer-usage",
  36: "crl-unknown-critical-extension",
  40: "proxy-certificate",
  44: "crl-scope",
  47: "name-constraint",
  48: "name-constraint",
  49: "name-constraint",
  51: "name-constraint",
  52: "name-constraint",
  53: "name-constraint",
  66: "key-too-weak",
  67: "key-too-weak",
  68: "signature-too-weak",
  79: "not-a-ca",
  94: "unsupported-key",
};

/**
 * Has openssl verify all cases: one process for all with the same options. That works because every CA of the matrix has
 * a name of its own, so that one case's certificates mean nothing to another.
 */
export function opensslVerify(
  cases: readonly MatrixCase[],
  write: (name: string, text: string) => string,
): readonly OpensslVerdict[] {
  const files = cases.map((one, index) => write(`case-${index}.pem`, pem(one.leaf.der)));
  // not too many at once: openssl goes through all that it was given for every link of a chain
  const groups = Map.groupBy(cases.keys(), (index) =>
    [...optionsOf(cases[index] as MatrixCase), Math.floor(index / 200)].join(" "),
  );
  const verdicts = new Map<string, OpensslVerdict>();
  let number = 0;
  for (const indexes of groups.values()) {
    number += 1;
    const group = indexes.map((index) => cases[index] as MatrixCase);
    const file = (name: string, blocks: readonly string[]): string =>
      write(`${name}-${number}.pem`, [...new Set(blocks)].join(""));
    const trusted = file(
      "trusted",
      group.flatMap(({ anchors }) => anchors.map(({ der }) => pem(der))),
    );
    const untrusted = file(
      "untrusted",
      group.flatMap(({ sent }) => sent.map(({ der }) => pem(der))),
    );
    const lists = file(
      "lists",
      group.flatMap(({ lists = [] }) => lists.map((der) => pem(der, "X509 CRL"))),
    );
    const options = optionsOf(group[0] as MatrixCase);
    const args = [
      ...["verify", "-purpose", "sslclient", "-attime", String(now / 1_000), ...options],
      ...["-trusted", trusted],
      ...(group.some(({ sent }) => sent.length > 0) ? ["-untrusted", untrusted] : []),
      ...(options.includes("-crl_check_all") ? ["-CRLfile", lists] : []),
    ];
    const { stdout, stderr } = spawnSync(
      "openssl",
      [...args, ...indexes.map((index) => files[index] as string)],
      {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      },
    );
    for (const [path, verdict] of readVerdicts(stdout, stderr)) verdicts.set(path, verdict);
  }
  return files.map((path) => {
    const verdict = verdicts.get(path);
    if (verdict === undefined) throw new Error(`openssl verify said nothing of ${path}`);
    return verdict;
  });
}

function optionsOf({ lists, partial, level = 0, depth }: MatrixCase): readonly string[] {
  return [
    ...(lists === undefined ? [] : ["-crl_check_all"]),
    ...(partial === true ? ["-partial_chain"] : []),
    ...(level === 0 ? [] : ["-auth_level", String(level)]),
    ...(depth === undefined ? [] : ["-verify_depth", String(depth)]),
  ];
}

/** On stderr stand the errors of a certificate, then its file; on stdout those that are OK, whatever was forgiven. */
function readVerdicts(stdout: string, stderr: string): Map<string, OpensslVerdict> {
  const found = new Map<string, OpensslVerdict>();
  for (const [, path = ""] of stdout.matchAll(/^(.+): OK$/gm)) found.set(path, { ok: true, errors: [] });
  let errors: number[] = [];
  for (const line of stderr.split("\n")) {
    const error = /^error (\d+) at \d+ depth lookup/.exec(line)?.[1];
    if (error !== undefined) errors.push(Number(error));
    const path = /^error (.+): verification failed$/.exec(line)?.[1];
    if (path === undefined) continue;
    found.set(path, { ok: false, errors });
    errors = [];
  }
  return found;
}
