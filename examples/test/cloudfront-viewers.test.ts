import { beforeAll, expect, test } from "vitest";
import { makeBundleBucket, makeSite } from "../site.ts";
import { ensureCertificate } from "../site-certificate.ts";
import { simulatedPlace } from "../viewers-simulated.ts";
import { type ProgramEnd, runExample } from "./run-program.ts";

interface Found {
  readonly sent: number;
  readonly failed: number;
  readonly restored: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly by: "probe" | "curl";
    readonly due: "served" | "refused" | "redirected";
    readonly ok: boolean;
  }[];
}

let end: ProgramEnd;
let found: Found;

beforeAll(async () => {
  end = await runExample("cloudfront-viewers.ts", "--json");
  found = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "") as Found;
}, 90_000);

test("cloudfront-viewers ends well in less than a minute, and says nothing on stderr", () => {
  expect(end).toMatchObject({ status: 0, stderr: "" });
  expect(end.tookMs).toBeLessThan(60_000);
});

test("cloudfront-viewers checks who is served before, with mTLS required, and when it is open again", () => {
  const due = found.checks.filter(({ by }) => by === "probe").map((check) => `${check.name}: ${check.due}`);
  const open = ["without a certificate: served", "with a stranger's certificate: served"];
  const closed = ["without a certificate: refused", "with a stranger's certificate: refused"];
  const own = "with a certificate of the CA: served";
  const transport = ["by plain HTTP: redirected", "by TLS 1.2: refused"];
  expect(due).toEqual([...transport, ...open, own, ...closed, own, ...open, own]);
  expect(found.checks.filter(({ ok }) => !ok)).toEqual([]);
});

test("cloudfront-viewers loses no viewer with a certificate, and leaves nothing behind", () => {
  expect(found).toMatchObject({ failed: 0, restored: true });
  expect(found.sent).toBeGreaterThan(50);
});

test("cloudfront-viewers prints records, plan and runs, in this order, and no key", () => {
  const titles = [...end.stdout.matchAll(/^── (.+?) ─+$/gm)].map(([, title]) => title);
  expect(titles).toEqual([
    "Certificate for members.example.com",
    "The site, open to the world",
    "Who is served",
    "Plan",
    "Apply, while a viewer with a certificate keeps coming",
    "Who is served now",
    "Roll back",
    "Retire what is left",
  ]);
  expect(end.stdout).toMatch(/_\w+\.members\.example\.com\. CNAME _\w+\..*acm-validations\.aws\./);
  expect(end.stdout.match(/^ *Plan: .*$/gm)).toHaveLength(1);
  expect(end.stdout).not.toContain("\u001b");
  expect(end.stdout).not.toContain("PRIVATE KEY");
});

test("makeSite, run again, makes nothing anew, and leaves what is there as it is", async () => {
  const place = await simulatedPlace();
  try {
    const run = async () => {
      const said: string[] = [];
      const say = (line: string): void => void said.push(line);
      const { domain, clock, clients, siteBucket: bucket } = place;
      const certificateArn = await ensureCertificate(place, say);
      await makeBundleBucket(clients.s3, place.trustBucket, say);
      const site = await makeSite(clients, { domain, bucket, certificateArn, clock, say });
      return { site, said };
    };
    const first = await run();
    const there = place.inventory();
    const second = await run();
    expect(second.site).toEqual(first.site);
    expect(place.inventory()).toEqual(there);
    expect(second.said).toEqual([
      "s3://members-example-com/index.html",
      "policy of the bucket: this distribution may read it, and nobody else",
      expect.stringMatching(/^wait until \w+ is deployed$/),
    ]);
    expect(first.said).toEqual(expect.arrayContaining(second.said));
    expect(first.said.length).toBeGreaterThan(8);
  } finally {
    await place.close();
  }
});
