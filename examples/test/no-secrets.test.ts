import { createPrivateKey } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fileJournal,
  fromEnv,
  fromFile,
  fromValue,
  isHandfastError,
  type Report,
  renderPlan,
  renderReport,
  type SecretSource,
} from "@handfast/core";
import { auditOf, verifyAudit } from "@handfast/core/audit";
import { encryptKey, readKey } from "@handfast/pki";
import { type FaultRule, faults } from "@handfast/testing";
import { afterAll, beforeAll, expect, type MockInstance, test, vi } from "vitest";
import { hostname, makePki, type Pki, type Stack, startStack } from "../stack.ts";
import { findSecrets, formsOfKey, formsOfText, layOpen } from "./find-secrets.ts";
import { writeSpec } from "./write-spec.ts";

const passphrase = "kestrel-amber-97-viaduct";
const upload = "POST /zones/{zone_id}/origin_tls_client_auth/hostnames/certificates";
const storm = faults();

let pki: Pki;
let stack: Stack;
let folder: string;
let key: SecretSource;
let needles: ReturnType<typeof formsOfText>;
let outputs: MockInstance[];
/** All that came out of handfast, laid open. */
const seen: string[] = [];

beforeAll(async () => {
  pki = await makePki("rsa");
  stack = await startStack(pki, { speed: 120, faults: storm });
  folder = await mkdtemp(join(tmpdir(), "handfast-secrets-"));
  const encrypted = await encryptKey(readKey(pki.leafKey), { passphrase });
  await writeFile(join(folder, "edge.key"), encrypted, { mode: 0o600 });
  key = fromFile(join(folder, "edge.key"), { passphrase });
  needles = [
    ...formsOfKey(pki.leafKey, pki.leaf.pem),
    ...encrypted
      .trim()
      .split("\n")
      .slice(1, -1)
      .flatMap((line) => formsOfText("encrypted PEM", line)),
    ...formsOfText("passphrase", passphrase),
    ...formsOfText("API token", stack.token),
    ...formsOfText("secret access key", stack.credentials.secretAccessKey),
  ];
  outputs = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
});

afterAll(async () => {
  for (const output of outputs) output.mockRestore();
  await stack.close();
  await rm(folder, { recursive: true });
});

const journal = () => fileJournal(join(folder, "journal"), { clock: stack.clock, leaseMs: 60 * 60_000 });

function note(...values: readonly unknown[]): void {
  seen.push(...values.map(layOpen));
}

function noteReport(report: Report): Report {
  note(report);
  seen.push(renderReport(report), renderReport(report, { colour: true }));
  return report;
}

/** What comes of it is noted, whether it ends well or not. */
async function attempt(work: () => unknown): Promise<unknown> {
  try {
    const value = await work();
    note(value);
    return value;
  } catch (error) {
    note(error);
    return error;
  }
}

async function rollOut() {
  const handfast = stack.handfast({ journal: journal(), key });
  const spec = handfast.parseSpec(writeSpec(stack));
  const plan = await handfast.plan(spec);
  note(spec, plan);
  seen.push(renderPlan(plan), renderPlan(plan, { colour: true }));
  const onEvent = (event: unknown): void => note(event);
  const report = noteReport(await handfast.apply(plan, { onEvent }));
  note(await handfast.status(spec), await handfast.runs(), await handfast.report(report.runId));
  const audit = await auditOf(journal(), stack.clock);
  expect(audit.runs.map(({ runId }) => runId)).toContain(report.runId);
  note(audit, await verifyAudit(journal(), audit));
  await attempt(() => verifyAudit(journal(), audit, "0".repeat(64)));
  const rollback = async () => noteReport(await handfast.rollback(report.runId, { onEvent }));
  return { handfast, report, rollback, onEvent };
}

/** Every byte below a folder, and every name. */
async function readAll(path: string): Promise<Buffer> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const content = await readFile(join(parentPath, name));
        return Buffer.concat([Buffer.from(`\n${parentPath}/${name}\n`), content]);
      }),
    ),
  );
}

test("findSecrets finds what it looks for, in every form", () => {
  const name = "PKCS#8";
  const found = (value: unknown): readonly string[] => findSecrets(Buffer.from(layOpen(value)), needles);
  expect(found({ name, pem: pki.leafKey.split("\n")[20] })).toEqual(["pkcs8 PEM"]);
  expect(found(new Error("outer", { cause: new Error(pki.leafKey) }))).toContain("label");
  expect(found({ deep: [{ deeper: { passphrase } }] })).toEqual(["passphrase"]);
  const hidden = Object.defineProperty({}, "token", { value: stack.token, enumerable: false });
  expect(found(hidden)).toEqual(["API token"]);
  const { d = "", p = "" } = createPrivateKey(pki.leafKey).export({ format: "jwk" });
  expect(found(Buffer.from(p, "base64url").toString("hex"))).toContain("number p in hex");
  expect(found(d)).toContain("number d in base64url");
  expect(findSecrets(Buffer.from(d, "base64url"), needles)).toContain("number d");
  expect(found(pki.leaf.pem)).toEqual([]);
});

const faultsAtUpload: readonly { name: string; rule: FaultRule; status: Report["status"]; code?: string }[] =
  [
    {
      name: "refused by a provider that repeats what it was sent",
      rule: { times: 100, fault: { kind: "refuse", status: 400, code: "1408" } },
      status: "failed",
      code: "REMOTE_REJECTED",
    },
    {
      name: "throttled to the end",
      rule: { times: 1_000, fault: { kind: "throttle", retryAfterSeconds: 1 } },
      status: "failed",
      code: "REMOTE_RATE_LIMITED",
    },
    {
      name: "never answered",
      rule: { times: 100, fault: { kind: "cut" } },
      status: "failed",
      code: "REMOTE_UNAVAILABLE",
    },
    {
      name: "answered, and the answer is lost",
      rule: { moment: "after", fault: { kind: "cut" } },
      status: "done",
    },
  ];

test.for(faultsAtUpload)("an apply whose upload is $name ends $status", async ({ rule, status, code }) => {
  const { fault } = rule;
  const message = `can't parse ${pki.leafKey} sent with ${JSON.stringify({ private_key: pki.leafKey })}`;
  storm.add({ ...rule, operation: upload, fault: fault.kind === "refuse" ? { ...fault, message } : fault });
  const { report, rollback, handfast, onEvent } = await rollOut();
  storm.clear();
  expect(report.status).toBe(status);
  const codes = report.steps.flatMap(({ error }) => error?.code ?? []);
  expect(codes).toEqual(code === undefined ? [] : [code]);
  if (status === "done") {
    // the provider has got the key: it was there to be lost
    const { shows } = stack.flare.edgeSource(hostname).current();
    expect(shows).toMatchObject({ key: expect.stringContaining(pki.leafKey.trim()) });
  }
  const back = await rollback();
  expect(back.status).toBe("done");
  if (status === "done") noteReport(await handfast.retire(back.runId, { onEvent }));
});

test("what is refused before a run notes no secret either", async () => {
  const plan = async (
    changes: Parameters<typeof writeSpec>[1],
    options: Parameters<Stack["handfast"]>[0] = {},
  ) => {
    const handfast = stack.handfast({ key, ...options });
    return await handfast.plan(handfast.parseSpec(writeSpec(stack, changes)));
  };
  const { leaf, leafKey } = pki;
  const talkative: SecretSource = {
    describe: () => "a vault",
    read: () => Promise.reject(new Error(`the vault would not give ${leafKey}`)),
  };
  const mistakes: readonly (() => unknown)[] = [
    () => plan({}, { key: fromFile(join(folder, "edge.key"), { passphrase: `${passphrase}!` }) }),
    () => plan({}, { key: fromFile(join(folder, "edge.key")) }),
    () => plan({}, { key: fromValue(pki.stranger.key) }),
    () => plan({}, { key: fromValue(`${leafKey}${leafKey}`) }),
    () => plan({}, { key: fromValue(leafKey.slice(0, -200)) }),
    () => plan({}, { key: talkative }),
    () => plan({}, { token: `${stack.token}!` }),
    // the key where a certificate belongs, or beside one
    () => plan({ trust: { edge: { anchors: leafKey } } }),
    () => plan({ identities: { edge: { chain: leafKey, key: { secret: "edge-key" } } } }),
    () => plan({ identities: { edge: { chain: leaf.chain + leafKey, key: { secret: "edge-key" } } } }),
    () => plan({ identities: { edge: { chain: leaf.chain, key: { secret: leafKey } } } }),
    () => plan({ identities: { [leafKey]: { chain: leaf.chain, key: { secret: "edge-key" } } } }),
    () => plan({ trust: { edge: { anchors: { file: leafKey } } } }),
    () => plan({ verifier: { trust: leafKey, mode: leafKey, listener: leafKey } }),
    () => plan({ presenter: { zone: stack.token, shows: leafKey } }),
    () => stack.handfast().apply(leafKey as never),
    () => fromFile(leafKey),
    () => fromEnv(leafKey),
  ];
  for (const [index, mistake] of mistakes.entries()) {
    const from = seen.length;
    const error = await attempt(mistake);
    expect(isHandfastError(error) || error instanceof TypeError, `mistake ${index + 1}`).toBe(true);
    const found = findSecrets(Buffer.from(seen.slice(from).join("\n")), needles);
    expect(found, `mistake ${index + 1}: ${String(error)}`).toEqual([]);
  }
});

test("no plan, event, error, report, journal, blob or output holds a secret in any form", async () => {
  const files = await readAll(join(folder, "journal"));
  const text = Buffer.from(seen.join("\n"));
  const output = Buffer.from(layOpen(outputs.map(({ mock }) => mock.calls)));
  // the certificates are in all of them: what is searched is what was meant
  const digest = pki.leaf.facts.sha256;
  expect(files.includes(digest) && text.includes(digest)).toBe(true);
  expect(text.includes("REMOTE_RATE_LIMITED") && text.includes("REMOTE_UNAVAILABLE")).toBe(true);
  for (const haystack of [files, text, output]) expect(findSecrets(haystack, needles)).toEqual([]);
});
