import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, FunctionFailure } from "@handfast/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { caWorld, errorOf, newRequest } from "./ca-world.ts";

describe("serverlessCa when something fails", () => {
  let world: ReturnType<typeof caWorld>;
  let csr: string;
  beforeEach(async () => {
    world = caWorld();
    csr = (await newRequest()).csr;
  });
  afterEach(() => world.close());
  const storm = (fault: Fault, more: { moment?: "after"; nth?: number; times?: number } = {}) =>
    world.storm.add({ service: "lambda", operation: "Invoke", fault, ...more });

  it("asks again while Lambda throttles, after the time that it names or twice the last one", async () => {
    const before = world.clock.now();
    storm({ kind: "throttle" }, { times: 2 });
    storm({ kind: "throttle", retryAfterSeconds: 30 }, { nth: 3 });
    const leaf = await world.issuer.issue(csr);
    expect(leaf.facts.subject).toContain("edge.example.com");
    expect(world.invocations()).toBe(4);
    expect(world.clock.now() - before).toBe(1_000 + 2_000 + 30_000);
  });

  it("gives up after the attempts that it has", async () => {
    storm({ kind: "throttle" }, { times: Number.POSITIVE_INFINITY });
    const error = await errorOf(world.connect({ attempts: 3 }).issue(csr));
    expect([error.code, error.details.outcomeUnknown, world.invocations()]).toEqual([
      "REMOTE_RATE_LIMITED",
      undefined,
      3,
    ]);
  });

  it("waits while the function is not ready", async () => {
    storm({ kind: "refuse", status: 409, code: "ResourceConflictException", message: "Pending" });
    storm({ kind: "refuse", status: 502, code: "EC2ThrottledException" }, { nth: 2 });
    expect((await world.issuer.issue(csr)).facts.subject).toContain("edge.example.com");
    expect(world.invocations()).toBe(3);
  });

  it.each<[string, Fault, "before" | "after"]>([
    ["a cut connection", { kind: "cut" }, "before"],
    ["an answer that got lost", { kind: "cut" }, "after"],
    ["a 500", { kind: "refuse", status: 500, code: "ServiceException" }, "after"],
    ["a 502", { kind: "refuse", status: 502, code: "EC2UnexpectedException" }, "before"],
  ])(
    "never asks again after %s, and says that a certificate may have been issued",
    async (_, fault, moment) => {
      storm(fault, moment === "after" ? { moment } : {});
      const error = await errorOf(world.issuer.issue(csr));
      expect([error.code, error.details.outcomeUnknown, error.retryable]).toEqual([
        "REMOTE_UNAVAILABLE",
        true,
        true,
      ]);
      expect(world.ca.serials()).toHaveLength(moment === "after" ? 1 : 0);
      expect(world.invocations()).toBe(1);
    },
  );

  it("gives a call up in time, by its clock", async () => {
    const before = world.clock.now();
    storm({ kind: "delay", ms: 600_000 });
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.details.outcomeUnknown]).toEqual(["REMOTE_UNAVAILABLE", true]);
    expect(error.message).toContain("no answer within 200 s");
    expect(world.clock.now() - before).toBe(200_000);
  });

  it("gives a read of the bundle up in time", async () => {
    world.storm.add({ service: "s3", fault: { kind: "delay", ms: 600_000 } });
    const error = await errorOf(world.connect({ timeoutMs: 5_000 }).trust());
    expect([error.code, error.details.outcomeUnknown]).toEqual(["REMOTE_UNAVAILABLE", undefined]);
    expect(error.message).toContain("serverless-ca-bundle-dev.pem");
  });

  it("is called off by a signal, before and while it asks", async () => {
    const over = AbortSignal.abort();
    await expect(world.issuer.issue(csr, { signal: over })).rejects.toThrow();
    expect(world.invocations()).toBe(0);
    const off = new AbortController();
    world.cloud.addFunction(
      world.ca.functionName,
      async (_, { clock }) => {
        off.abort();
        await clock.sleep(10_000);
      },
      { timeout: 180 },
    );
    const error = await errorOf(world.issuer.issue(csr, { signal: off.signal }));
    expect([error.code, error.details.outcomeUnknown]).toEqual(["ABORTED", true]);
  });

  it.each<[string, [string, string], string, RegExp, boolean | undefined]>([
    [
      "its own exception",
      ["ValueError", "Unable to load PEM file"],
      "REMOTE_REJECTED",
      /\/aws\/lambda\/serverless-tls-cert-dev/,
      true,
    ],
    [
      "a throttled KMS",
      ["ClientError", "An error occurred (ThrottlingException) when calling the Sign operation"],
      "REMOTE_RATE_LIMITED",
      /wait/,
      true,
    ],
    [
      "CAs that are not there",
      ["IndexError", "list index out of range"],
      "REMOTE_NOT_FOUND",
      /Step Function/,
      undefined,
    ],
    [
      "memory that ran out",
      ["Runtime.ExitError", "RequestId: x Error: Runtime exited with error: signal: killed"],
      "REMOTE_REJECTED",
      /signal: killed/,
      true,
    ],
  ])("says what to do when the function fails with %s", async (_, [type, text], code, mend, open) => {
    world.cloud.addFunction(world.ca.functionName, () => {
      throw new FunctionFailure(type, text);
    });
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.details.outcomeUnknown, error.details.provider?.code]).toEqual([
      code,
      open,
      type,
    ]);
    expect(error.message).toMatch(mend);
    expect(world.invocations()).toBe(1);
  });

  it("says that the function's own time was up", async () => {
    world.cloud.addFunction(world.ca.functionName, async (_, { clock }) => clock.sleep(60_000), {
      timeout: 3,
    });
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.details.outcomeUnknown]).toEqual(["REMOTE_UNAVAILABLE", true]);
    expect(error.message).toMatch(/Task timed out after 3\.00 seconds.*raise the CA's timeout/);
  });

  it.each<[string, string, string]>([
    ["CA serverless-issuing-ca-dev not found", "REMOTE_NOT_FOUND", "Step Function"],
    ["0 is too short", "REMOTE_REJECTED", "one day or more"],
    ["Certificate already issued", "REMOTE_REJECTED", "reissue"],
    ["something new", "REMOTE_REJECTED", "something new"],
  ])("passes on that the CA refuses with %s", async (text, code, words) => {
    world.answerWith({ error: text });
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.details.provider?.message]).toEqual([code, text]);
    expect(error.message).toContain(words);
  });

  it("says what is missing: function, bucket, bundle, rights", async () => {
    const code = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;
    expect(await code(world.connect({ function: "other" }).issue(csr))).toBe("REMOTE_NOT_FOUND");
    expect(await code(world.connect({ bucket: "other-bucket" }).trust())).toBe("REMOTE_NOT_FOUND");
    expect(await code(world.connect({ environment: "other" }).trust())).toBe("REMOTE_NOT_FOUND");
    const credentials = world.cloud.addCredentials({ kind: "user", name: "bare" });
    expect(await code(world.connect({ lambda: { credentials } }).issue(csr))).toBe("REMOTE_UNAUTHORIZED");
    expect(await code(world.connect({ s3: { credentials } }).trust())).toBe("REMOTE_UNAUTHORIZED");
  });

  it("needs the right to invoke and the right to read, and nothing else", async () => {
    const credentials = world.cloud.addCredentials({
      kind: "user",
      name: "issuer",
      policies: [
        {
          Statement: [
            { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: world.ca.functionArn },
            { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${world.ca.bucket}/*` },
          ],
        },
      ],
    });
    const issuer = world.connect({ lambda: { credentials }, s3: { credentials } });
    expect((await issuer.issue(csr)).facts.subject).toContain("edge.example.com");
    expect(await issuer.crls()).toHaveLength(2);
  });

  it.each([["a page", "<html>Bad Gateway</html>"] as const, ["bytes", "\u0000\ufffd"] as const])(
    "says so when the answer is %s in place of JSON",
    async (_, text) => {
      const server = createServer((request, response) => {
        request.resume().on("end", () => response.end(text));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const { credentials } = world.cloud;
      try {
        const issuer = world.connect({ lambda: { credentials, endpoint: `http://127.0.0.1:${port}` } });
        expect((await errorOf(issuer.issue(csr))).code).toBe("REMOTE_UNEXPECTED");
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  it("asks again when nobody listens, since nothing can have been issued", async () => {
    const { credentials } = world.cloud;
    const before = world.clock.now();
    const issuer = world.connect({ attempts: 2, lambda: { credentials, endpoint: "http://127.0.0.1:1" } });
    const error = await errorOf(issuer.issue(csr));
    expect([error.code, error.details.outcomeUnknown]).toEqual(["REMOTE_UNAVAILABLE", undefined]);
    expect(world.clock.now() - before).toBe(1_000);
  });

  it.each<[string, () => Promise<string>, string]>([
    ["no request", async () => "hello", "CERTIFICATE_UNREADABLE"],
    [
      "a request without a common name",
      async () => (await newRequest("O=Example")).csr,
      "CERTIFICATE_UNSUITABLE",
    ],
    [
      "a request that Lambda would not take",
      async () => {
        const names = [`https://example.com/${"x".repeat(4_800_000)}`];
        return (await newRequest("CN=edge.example.com", { names })).csr;
      },
      "CERTIFICATE_UNSUITABLE",
    ],
  ])("sends nothing for %s", async (_, made, code) => {
    expect((await errorOf(world.issuer.issue(await made()))).code).toBe(code);
    expect(world.invocations()).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])("takes %d for no number of days", async (days) => {
    await expect(world.issuer.issue(csr, { days })).rejects.toThrow(TypeError);
  });

  it("never tells the credentials or the request in an error", async () => {
    storm({ kind: "refuse", status: 403, code: "AccessDeniedException", message: "no" });
    const error = await errorOf(world.issuer.issue(csr));
    const said = JSON.stringify(error) + String(error.cause) + error.stack;
    expect(said).not.toContain(world.cloud.credentials.secretAccessKey);
    expect(said).not.toContain("CERTIFICATE REQUEST");
  });
});
