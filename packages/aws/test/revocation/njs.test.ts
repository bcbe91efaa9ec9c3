import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { issuerToken } from "../../src/revocation/issuer-token.ts";
import { functionSource } from "../../src/revocation/source.ts";
import { nameOf, names, spellings, toDer } from "./names.ts";
import { eventWith } from "./run-function.ts";

/** The engine that CloudFront's runtime is made of (nginx "njs"). */
const hasNjs = spawnSync("njs", ["-v"]).status === 0;
if (!hasNjs) process.stderr.write("skipped: the connection function in njs, because it is not installed\n");

/** One connection, and what must become of it. */
interface Case {
  readonly event: object;
  readonly store: Readonly<Record<string, string>>;
  readonly want: "allow" | "deny";
}

const a = issuerToken(toDer(nameOf("Root A")));
const filled = { lists: "none" };
const random = "1f2e3d4c5b6a798812";

const cases: readonly Case[] = [
  ...fc.sample(names, { numRuns: 40, seed: 1 }).flatMap((name) =>
    Object.values(spellings).map((spell): Case => {
      const event = eventWith({ serialNumber: "00:07", issuer: spell(name) });
      return { event, store: { ...filled, 7: issuerToken(toDer(name)) }, want: "deny" };
    }),
  ),
  {
    event: eventWith({ serialNumber: "07", issuer: "CN=Root B" }),
    store: { ...filled, 7: a },
    want: "allow",
  },
  { event: eventWith({ serialNumber: "07", issuer: "CN=Root B" }), store: { 7: a }, want: "deny" },
  {
    event: eventWith({ serialNumber: random, issuer: "CN=B" }),
    store: { ...filled, [random]: a },
    want: "deny",
  },
  { event: eventWith({ serialNumber: 7 }), store: filled, want: "deny" },
  {
    event: { clientCertInfo: { serialNumber: "0A:BC", issuer: "CN=Root A" } },
    store: { ...filled, abc: a },
    want: "deny",
  },
  { event: { clientCertificate: { certificates: { leaf: null } } }, store: filled, want: "allow" },
  { event: {}, store: filled, want: "allow" },
];

/** The module `cloudfront`. Functions are global: njs keeps no closures in async functions. */
const runtime = `
let store = {};
function exists(key) { return Promise.resolve(Object.prototype.hasOwnProperty.call(store, key)); }
function get(key) { return Promise.resolve(store[key]); }
export default { kvs: function () { return { exists: exists, get: get }; }, fill: function (other) { store = other; } };
`;

const driver = `
let answer = 'none';
function allow() { answer = 'allow'; }
function deny() { answer = 'deny'; }
function log() {}
async function main(cases) {
  for (let i = 0; i < cases.length; i += 1) {
    cf.fill(cases[i].store);
    const connection = cases[i].event;
    connection.allow = allow;
    connection.deny = deny;
    connection.logCustomData = log;
    answer = 'none';
    await connectionHandler(connection);
    console.log(answer);
  }
}
`;

describe.skipIf(!hasNjs)("functionSource, in njs", () => {
  const folder = mkdtempSync(join(tmpdir(), "handfast-njs-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("decides as it does in node", () => {
    writeFileSync(join(folder, "cloudfront.js"), runtime);
    const code = functionSource({ ocsp: false }).replace("'cloudfront'", "'cloudfront.js'");
    writeFileSync(join(folder, "function.js"), `${code}${driver}main(${JSON.stringify(cases)});\n`);
    const { stdout, stderr } = spawnSync("njs", ["-p", folder, join(folder, "function.js")], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual(cases.map(({ want }) => want));
  });
});
