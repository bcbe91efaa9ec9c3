import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  createHandfast,
  type HandfastError,
  isHandfastError,
  MemoryWorld,
  memoryJournal,
  memoryVerifier,
  readPem,
  systemClock,
} from "@handfast/core";
import { aws, faults, simulate } from "@handfast/testing";
import { describe, expect, it } from "vitest";
import { type S3TextOptions, s3Text } from "../../src/index.ts";
import { makeTrust } from "../alb/trust.ts";

const owner = "444455556666";
const bucket = "acme-ca-bundles";
const { anchors } = await makeTrust(2);
const bundle = anchors.map(({ pem }) => pem).join("");

/** A bucket of another account in another region, which lets this account read, and one that does not. */
async function makeWorld() {
  const storm = faults();
  const cloud = aws({ region: "us-east-1", faults: storm });
  const readers = [cloud.accountId];
  cloud.createBucket(bucket, { region: "eu-west-2", owner, readers, versioning: "Enabled" });
  cloud.createBucket("closed-bundles", { region: "eu-west-2", owner });
  const simulation = simulate({ services: [cloud.s3] });
  const { origins, close } = await simulation.listen();
  const client = { endpoint: origins.s3 ?? "", forcePathStyle: true, maxAttempts: 1 };
  const s3 = { ...client, credentials: cloud.credentials };
  const region = "eu-west-2";
  const theirs = new S3Client({ ...client, region, credentials: cloud.credentialsOf(owner) });
  return {
    storm,
    s3,
    log: simulation.log,
    read: s3Text({
      buckets: { [bucket]: { region, expectedOwner: owner, s3 }, "closed-bundles": { region, s3 } },
      otherwise: (path) => Promise.resolve(`the file ${path}`),
    }),
    put: async (Key: string, Body: string | Uint8Array, Bucket = bucket): Promise<string> =>
      (await theirs.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId ?? "",
    [Symbol.asyncDispose]: close,
  };
}

/** What a call throws. */
async function refusalOf(answer: Promise<unknown>): Promise<HandfastError> {
  const thrown: unknown = await answer.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  if (isHandfastError(thrown)) return thrown;
  throw thrown;
}

describe("s3Text", () => {
  it("reads an object of another account and region, and all that is no S3 address as a file", async () => {
    await using world = await makeWorld();
    await world.put("ca/root bundle+1.pem", bundle);
    expect(await world.read(`s3://${bucket}/ca/root bundle+1.pem`)).toBe(bundle);
    expect(await world.read("ca/s3.pem")).toBe("the file ca/s3.pem");
    expect(await world.read("./s3:/x")).toBe("the file ./s3:/x");
  });

  it("reads the version that an address names, whatever was put since", async () => {
    await using world = await makeWorld();
    const version = await world.put("root.pem", bundle);
    await world.put("root.pem", "another");
    expect(await world.read(`s3://${bucket}/root.pem?versionId=${version}`)).toBe(bundle);
    expect(await world.read(`s3://${bucket}/root.pem`)).toBe("another");
  });

  it("reads files from the working directory where nothing else is said, and loads no client for them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "handfast-text-"));
    try {
      writeFileSync(join(folder, "root.pem"), bundle);
      expect(await s3Text({ buckets: {} })(join(folder, "root.pem"))).toBe(bundle);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [
      "another bucket",
      "s3://somebody-elses/root.pem",
      "FILE_UNREADABLE",
      /bucket somebody-elses is not among the options of s3Text \(acme-ca-bundles, closed-bundles\)/,
    ],
    ["no key", `s3://${bucket}/`, "FILE_UNREADABLE", /is no address of an object; write s3:\/\/bucket\/key/],
    ["no bucket", "s3:root.pem", "FILE_UNREADABLE", /is no address/],
    [
      "an object that is not there",
      `s3://${bucket}/none.pem`,
      "REMOTE_NOT_FOUND",
      /bucket=acme-ca-bundles, key=none.pem, region=eu-west-2.*NoSuchKey/,
    ],
    [
      "a bucket that is closed",
      "s3://closed-bundles/root.pem",
      "REMOTE_UNAUTHORIZED",
      /bucket=closed-bundles, key=root.pem, region=eu-west-2.*AccessDenied/,
    ],
  ] as const)("says where and why it failed: %s", async (_, path, code, message) => {
    await using world = await makeWorld();
    await world.put("root.pem", bundle, "closed-bundles");
    const refusal = await refusalOf(world.read(path));
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("refuses a bucket of another owner than the expected one", async () => {
    await using world = await makeWorld();
    await world.put("root.pem", bundle);
    const buckets: S3TextOptions["buckets"] = {
      [bucket]: { region: "eu-west-2", expectedOwner: "111122223333", s3: world.s3 },
    };
    expect(await refusalOf(s3Text({ buckets })(`s3://${bucket}/root.pem`))).toMatchObject({
      code: "REMOTE_UNAUTHORIZED",
      message: expect.stringContaining(`bucket=${bucket}, key=root.pem`),
    });
  });

  it("takes 1 MB, and not a byte more", async () => {
    await using world = await makeWorld();
    await world.put("most.pem", "x".repeat(1_048_576));
    await world.put("more.pem", "x".repeat(1_048_577));
    expect(await world.read(`s3://${bucket}/most.pem`)).toHaveLength(1_048_576);
    expect(await refusalOf(world.read(`s3://${bucket}/more.pem`))).toMatchObject({
      code: "FILE_UNREADABLE",
      message: `read s3://${bucket}/more.pem failed: it has more than 1048576 bytes; name a file of PEM certificates or CRLs`,
    });
  });

  it("says that S3 did not answer", async () => {
    await using world = await makeWorld();
    await world.put("root.pem", bundle);
    world.storm.add({ operation: "GetObject", fault: { kind: "cut" } });
    const refusal = await refusalOf(world.read(`s3://${bucket}/root.pem`));
    expect(refusal.code).toBe("REMOTE_UNAVAILABLE");
  });
});

describe("anchors in S3", () => {
  const texts = {
    "text dumps of openssl": withText(bundle),
    "comments and blank lines": `# Root A - the old one\n\n${bundle.replaceAll("-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----\n\n# next\n")}`,
    CRLF: bundle.replaceAll("\n", "\r\n"),
    "a byte order mark": `\uFEFF${bundle}`,
    "no newline at the end": bundle.trimEnd(),
    "bag attributes of PKCS#12": `Bag Attributes\n    friendlyName: root\nsubject=CN = Root A\nissuer=CN = Root A\n${bundle}`,
  };

  it.each(Object.entries(texts))("are read in spite of %s", async (_, text) => {
    if (text === undefined) return;
    await using world = await makeWorld();
    await world.put("root.pem", text);
    const ders = readPem(await world.read(`s3://${bucket}/root.pem`), "CERTIFICATE", "trust.a.anchors");
    expect(ders.map((der) => Buffer.from(der))).toEqual(anchors.map(({ der }) => Buffer.from(der)));
  });

  /** What a plan says of a spec, as JSON, whose anchors are in that file. */
  async function planWith({ read }: Pick<Awaited<ReturnType<typeof makeWorld>>, "read">, file: string) {
    const world = new MemoryWorld({ clock: systemClock });
    world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
    const handfast = createHandfast({
      adapters: [memoryVerifier(world)],
      journal: memoryJournal(),
      readText: read,
    });
    const spec = handfast.parseSpec(
      JSON.parse(
        JSON.stringify({
          trust: { clients: { anchors: { file } } },
          verifiers: {
            shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "clients" },
          },
          populations: { laptops: { mayShow: { issuedBy: ["clients"], identities: [], nothing: false } } },
          links: [{ from: "laptops", to: "shop" }],
        }),
      ),
    );
    return handfast.plan(spec);
  }

  it("stand in a plan like those of a file, from a spec in JSON", async () => {
    await using world = await makeWorld();
    await world.put("root.pem", bundle);
    const plan = await planWith(world, `s3://${bucket}/root.pem`);
    const text = JSON.stringify(plan);
    for (const { sha256 } of anchors) expect(text).toContain(sha256);
  });

  it("that can't be had block the plan, with bucket, key and reason", async () => {
    await using world = await makeWorld();
    const refusal = await refusalOf(planWith(world, `s3://${bucket}/none.pem`));
    expect(refusal).toMatchObject({
      code: "PLAN_BLOCKED",
      details: { target: "trust.clients.anchors" },
      message: expect.stringMatching(/REMOTE_NOT_FOUND.*bucket=acme-ca-bundles, key=none.pem/),
    });
  });
});

/** Each certificate after what `openssl x509 -text` says of it; undefined where there is no openssl. */
function withText(pems: string): string | undefined {
  const blocks = pems.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
  const texts = blocks.map((input) => spawnSync("openssl", ["x509", "-text"], { input, encoding: "utf8" }));
  if (texts.every(({ status }) => status === 0)) return texts.map(({ stdout }) => stdout).join("");
  process.stderr.write("skipped: text dumps of openssl, because it is not installed\n");
  return undefined;
}
