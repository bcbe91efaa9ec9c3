import { connect as netConnect, type Socket } from "node:net";
import { type ProbeOptions, type ProbeResult, probe } from "@handfast/pki";
import { describe, expect, it, vi } from "vitest";
import { openWay } from "../../src/probe/open-way.ts";
import { makeClient, makeRoot } from "../world.ts";
import { httpProxy } from "./proxies.ts";
import { serverIdentity, tcpServer, tlsServer } from "./servers.ts";

/** Nobody is asked, and nobody is told to have closed. */
async function refuses(wrong: object): Promise<unknown> {
  const connect = vi.fn(netConnect);
  const asked = probe({ host: "127.0.0.1", port: 1, connect, ...wrong } as unknown as ProbeOptions);
  const error: unknown = await asked.then(
    () => "it was probed",
    (thrown: unknown) => thrown,
  );
  expect(connect).not.toHaveBeenCalled();
  return error;
}

describe("probe with what can't be", () => {
  it.each<[object, RegExp]>([
    [{ host: "" }, /host is ""/],
    [{ host: undefined }, /host is undefined/],
    [{ host: "a b" }, /host/],
    [{ host: "a\r\nX-Evil: 1" }, /host/],
    [{ host: "https://shop.example.com" }, /host/],
    [{ host: "x".repeat(300) }, /host/],
    [{ port: 0 }, /port is 0/],
    [{ port: 70_000 }, /port is 70000/],
    [{ port: Number.NaN }, /port is NaN/],
    [{ port: "443" }, /port is "443"/],
    [{ timeoutMs: 0 }, /timeoutMs is 0/],
    [{ timeoutMs: -1 }, /timeoutMs/],
    [{ timeoutMs: Number.NaN }, /timeoutMs/],
    [{ retries: -1 }, /retries/],
    [{ minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, /above maxVersion/],
    [{ minVersion: "TLSv1.9" }, /minVersion is "TLSv1.9"/],
    [{ alpn: ["h3"] }, /alpn is \["h3"\]/],
    [{ servername: "" }, /servername/],
    [{ servername: "a\nb" }, /servername/],
    [{ servername: "a\0b" }, /servername/],
    [{ identity: "nobody" }, /identity is none/],
    [{ identity: null }, /identity is none/],
    [{ identity: {} }, /identity is none/],
    [{ expect: "200" }, /expect is "200"/],
    [{ signal: 5 }, /signal is 5/],
    [{ request: { path: "/a b" } }, /request.path/],
    [{ request: { path: "/zdrów" } }, /request.path/],
    [{ request: { path: "healthz" } }, /request.path/],
    [{ request: { path: "/a\nb" } }, /request.path/],
    [{ request: { method: "G T" } }, /request.method/],
    [{ request: { method: "CONNECT" } }, /request.method/],
    [{ request: { headers: { x: "a\nb" } } }, /request.headers x/],
    [{ request: { headers: { "x y": "a" } } }, /request.headers is "x y"/],
    [{ alpn: ["h2"], request: { headers: { Connection: "close" } } }, /request.headers is "Connection"/],
  ])("calls %j a mistake of the caller's", async (wrong, says) => {
    const error = await refuses(wrong);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(says);
  });

  it.each([
    [{ ca: "junk" }, "CERTIFICATE_UNREADABLE"],
    [{ ca: "" }, "CERTIFICATE_UNREADABLE"],
    [{ ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }, "CERTIFICATE_UNREADABLE"],
  ])("has a code for %j", async (wrong, code) => {
    expect(await refuses(wrong)).toMatchObject({ code });
  });

  it("shows nobody where chain and key are empty", async () => {
    const port = await tcpServer((socket) => socket.end());
    for (const identity of [
      { chain: "", key: "" },
      { chain: "\n", key: " " },
    ])
      await expect(probe({ host: "127.0.0.1", port, identity })).rejects.toMatchObject({
        code: "CERTIFICATE_UNREADABLE",
      });
  });

  it("repeats no key and no header value", async () => {
    const secret = "hunter2";
    for (const wrong of [
      { identity: { chain: 1, key: secret } },
      { request: { headers: { authorization: `${secret}\n` } } },
    ])
      expect((await refuses(wrong)) as Error).not.toMatchObject({
        message: expect.stringContaining(secret),
      });
  });

  it("writes into a proxy's request no line of its own", async () => {
    const { port, asked } = await httpProxy();
    await refuses({ host: "a\r\nX-Evil: 1", proxy: `http://127.0.0.1:${port}` });
    expect(asked).toEqual([]);
  });
});

describe("probe with what can be, though it looks odd", () => {
  it("takes addresses for servername and no ALPN at all, and another Host over HTTP/2", async () => {
    const root = await makeRoot("options", Date.now() - 60_000);
    const port = await tlsServer({ ...(await serverIdentity(root)) });
    const ask = (more: Partial<ProbeOptions>): Promise<ProbeResult> =>
      probe({ host: "127.0.0.1", port, timeoutMs: 5_000, ...more });
    expect(await ask({ servername: "127.0.0.1" })).toMatchObject({ verdict: "accepted" });
    expect(await ask({ alpn: [], identity: identityOf(await makeClient(root)) })).toMatchObject({
      verdict: "accepted",
      alpn: undefined,
    });
  });
});

const identityOf = ({ leaf, key }: Awaited<ReturnType<typeof makeClient>>) => ({
  chain: leaf.chain,
  key: key.export(),
});

describe("openWay", () => {
  it("never rejects, whatever it is handed", async () => {
    const ways = [
      () => undefined as never,
      () => ({}) as never,
      () => {
        throw new TypeError("mine");
      },
    ].map((connect) =>
      openWay({ target: { host: "h", port: 1 }, connect, proxy: undefined, timeoutMs: 1_000 }),
    );
    const told = await Promise.all(ways.map(({ opened }) => opened));
    expect(told.map(({ kind }) => kind)).toEqual(["failed", "failed", "failed"]);
    await Promise.all(ways.map(({ close }) => close()));
  });

  it("nor where a proxy can't be asked for such a host", async () => {
    const port = await tcpServer((socket: Socket) => socket.resume());
    const way = openWay({
      target: { host: "a b", port: 1 },
      connect: undefined,
      proxy: { kind: "http", host: "127.0.0.1", port, user: undefined, password: "" },
      timeoutMs: 1_000,
    });
    expect(await way.opened).toMatchObject({ kind: "failed" });
    await way.close();
  });
});
