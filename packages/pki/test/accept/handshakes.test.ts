import { spawn } from "node:child_process";
import { type Acceptance, probe, wouldAccept } from "@handfast/pki";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasOpenssl, workFolder } from "../openssl.ts";
import { keys } from "./families/keys.ts";
import { lines } from "./families/lines.ts";
import { lists } from "./families/lists.ts";
import { names } from "./families/names.ts";
import { now, p256, pem } from "./make-certificate.ts";
import { makeLeaf, makeRoot } from "./make-chain.ts";
import type { MatrixCase } from "./matrix-case.ts";

interface Judged {
  readonly one: MatrixCase;
  readonly ours: Acceptance;
}

const judge = (one: MatrixCase): Judged => ({
  one,
  ours: wouldAccept(
    [one.leaf, ...one.sent].map(({ der }) => pem(der)).join(""),
    { anchors: one.anchors.map(({ der }) => pem(der)).join(""), crls: one.lists ?? [] },
    { at: now, rules: { partialChain: one.partial ?? false } },
  ),
});

/** Cases that a server can have with others: no option of their own, and a leaf that a client of Node can show. */
const canBeShown = ({ name, depth, level, leaf }: MatrixCase): boolean =>
  depth === undefined &&
  level === undefined &&
  p256.includes(leaf.spec.key) &&
  !name.includes("broken") &&
  !name.startsWith("key usage:  at");

/** One of each reason, then whatever lies evenly spread. */
function sample(judged: readonly Judged[], size: number): readonly Judged[] {
  const byCode = [...new Map(judged.map((one) => [one.ours.code, one])).values()];
  const step = Math.ceil(judged.length / (size - byCode.length));
  return [...byCode, ...judged.filter((one, index) => index % step === 0 && !byCode.includes(one))];
}

describe.skipIf(!hasOpenssl)("wouldAccept and real handshakes with openssl s_server", () => {
  const folder = workFolder();
  let judged: readonly Judged[];

  beforeAll(() => {
    judged = [...lines(), ...names(), ...keys(), ...lists()].filter(canBeShown).map(judge);
  }, 120_000);

  /** Starts a server with all anchors and lists of these cases; resolves with the port once it accepts. */
  const serve = (cases: readonly MatrixCase[], ...options: readonly string[]): Promise<number> => {
    const root = makeRoot();
    const server = makeLeaf(root, { purposes: ["server"] });
    const key = server.spec.key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const trusted = new Set(cases.flatMap(({ anchors }) => anchors.map(({ der }) => pem(der))));
    const crls = cases.flatMap(({ lists = [] }) => lists.map((der) => pem(der, "X509 CRL")));
    const files = [
      ...["-cert", folder.write("server.pem", pem(server.der)), "-key", folder.write("server.key", key)],
      ...[
        "-CAfile",
        folder.write("trusted.pem", [...trusted, ...crls].join("")),
        "-no-CApath",
        "-no-CAstore",
      ],
    ];
    const verify = ["-Verify", "100", "-verify_return_error", "-attime", String(now / 1_000)];
    const child = spawn("openssl", [
      "s_server",
      "-accept",
      "127.0.0.1:0",
      "-www",
      ...files,
      ...verify,
      ...options,
    ]);
    onTestFinished(async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    });
    return new Promise((resolve, reject) => {
      let text = "";
      child.once("exit", () => reject(new Error(`openssl s_server ended: ${text}`)));
      child.stderr.on("data", (chunk) => {
        text += chunk;
      });
      child.stdout.on("data", (chunk) => {
        text += chunk;
        const port = /^ACCEPT \S+:(\d+)/m.exec(text)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
  };

  const servers: readonly (readonly [string, (one: MatrixCase) => boolean, number, readonly string[]])[] = [
    ["with roots", (one) => one.lists === undefined && one.partial !== true, 24, []],
    ["with any anchors", (one) => one.lists === undefined && one.partial === true, 14, ["-partial_chain"]],
    [
      "with revocation lists",
      (one) => one.lists !== undefined && one.partial !== true,
      16,
      ["-crl_check_all"],
    ],
  ];

  it.each(
    servers.flatMap(([name, ...rest]) => [
      ["-tls1_2", name, ...rest] as const,
      ["-tls1_3", name, ...rest] as const,
    ]),
  )(
    "come to the same, %s, %s",
    async (version, _name, isIn, size, options) => {
      const cases = sample(
        judged.filter(({ one }) => isIn(one)),
        size,
      );
      const port = await serve(
        cases.map(({ one }) => one),
        version,
        ...options,
      );
      const differing: string[] = [];
      for (const { one, ours } of cases) {
        const identity = {
          chain: [one.leaf, ...one.sent].map(({ der }) => pem(der)).join(""),
          key: one.leaf.spec.key.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        };
        const seen = await probe({ host: "127.0.0.1", port, identity, checkName: false, timeoutMs: 20_000 });
        const { verdict, code, reason } = ours;
        if (seen.verdict !== verdict)
          differing.push(`${one.name}: ${code} (${reason}); probe: ${seen.verdict}, ${seen.explanation}`);
      }
      expect(differing).toEqual([]);
      expect(cases.length).toBeGreaterThanOrEqual(size);
      const accepted = cases.filter(({ ours }) => ours.verdict === "accepted").length;
      expect(accepted).toBeGreaterThan(2);
      expect(cases.length - accepted).toBeGreaterThan(2);
    },
    120_000,
  );
});
