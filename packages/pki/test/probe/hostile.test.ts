import { connect as netConnect, type Socket } from "node:net";
import { createSecureContext, type TLSSocket } from "node:tls";
import { type Authority, type ProbeOptions, type ProbeResult, probe } from "@handfast/pki";
import { scaledClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoot } from "../world.ts";
import { type ServerIdentity, serverIdentity, tcpServer, tlsServer } from "./servers.ts";

let root: Authority;
let server: ServerIdentity;

beforeAll(async () => {
  root = await makeRoot("hostile", Date.now() - 60_000);
  server = await serverIdentity(root);
});

/** The ten seconds of a probe's deadline pass in a quarter of one. */
const fast = scaledClock(40);

const ask = (port: number, options: Partial<ProbeOptions> = {}): Promise<ProbeResult> =>
  probe({ host: "127.0.0.1", port, identity: "stranger", ...options });

/** A connection that fails with this code before it stands. */
const failing = (code: string): Pick<ProbeOptions, "connect"> => ({
  connect: (target) =>
    netConnect({
      ...target,
      host: "shop.example.com",
      lookup: (_host, _options, done) => done(Object.assign(new Error(code), { code }), ""),
    }),
});

/** A connection that is on its way for as long as it lives: the name is never found. */
const swallowing: ProbeOptions["connect"] = (target) =>
  netConnect({ ...target, host: "shop.example.com", lookup: () => undefined });

/** A handshake record of TLS 1.2 around a message. */
const record = (type: number, body: Uint8Array): Buffer => {
  const header = Buffer.from([22, 3, 3, 0, 0]);
  header.writeUInt16BE(body.length + 4, 3);
  const message = Buffer.from([type, 0, 0, 0]);
  message.writeUIntBE(body.length, 1, 3);
  return Buffer.concat([header, message, body]);
};

/** A ServerHello of TLS 1.2 for a suite that Node offers, with renegotiation_info (RFC 5746), which OpenSSL wants. */
const serverHello = record(
  2,
  Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0xc0, 0x2b, 0, 0, 5, 0xff, 1, 0, 1, 0]),
  ]),
);

/** A chain of ten megabytes as records of TLS 1.2, one by one. */
function* hugeChain(): Generator<Buffer> {
  const size = 10 * 2 ** 20;
  const head = Buffer.from([11, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(size + 3, 1, 3);
  head.writeUIntBE(size, 4, 3);
  for (let left = size, first = true; left > 0; left -= 16_000, first = false) {
    const part = Buffer.concat([first ? head : Buffer.alloc(0), Buffer.alloc(Math.min(left, 16_000), 1)]);
    const header = Buffer.from([22, 3, 3, 0, 0]);
    header.writeUInt16BE(part.length, 3);
    yield Buffer.concat([header, part]);
  }
}

describe("probe of what does not connect", () => {
  it.each([
    ["no such host", failing("EHOSTUNREACH"), "unreachable"],
    ["no such network", failing("ENETUNREACH"), "unreachable"],
    ["no such name", failing("ENOTFOUND"), "name-not-found"],
    ["a name server that does not answer", failing("EAI_AGAIN"), "name-not-found"],
    ["a port where nobody listens", {}, "port-closed"],
    ["a host that swallows everything", { connect: swallowing, clock: fast }, "connect-timeout"],
  ])("calls %s by its name", async (_, options, reason) => {
    expect(await ask(1, options)).toMatchObject({ verdict: "inconclusive", reason, asked: undefined });
  });
});

describe("probe of what is no sound TLS server", () => {
  it.each<[string, (socket: Socket) => void, string]>([
    ["answers in HTTP without TLS", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "plain-http"],
    ["does so byte by byte", (socket) => dribble(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"), "plain-http"],
    ["greets as a mail server", (socket) => socket.write("220 mail.example.com ESMTP\r\n"), "not-tls"],
    ["sends garbage", (socket) => socket.write(Buffer.alloc(100_000, 0xa5)), "not-tls"],
    ["sends garbage in records", (socket) => socket.write(record(2, Buffer.alloc(400, 0xa5))), "broken-tls"],
    ["answers an unknown TLS version", (socket) => socket.write(oldHello()), "no-shared-version"],
    [
      "does not know the name",
      (socket) => socket.write(Buffer.from([21, 3, 3, 0, 2, 2, 112])),
      "unrecognized-name",
    ],
    ["accepts the connection and no more", () => undefined, "silent"],
    ["reads ClientHello and no more", (socket) => socket.resume(), "silent"],
    ["stops after ServerHello", (socket) => socket.write(serverHello), "handshake-timeout"],
    ["closes at once", (socket) => socket.end(), "closed"],
    ["resets at once", (socket) => socket.once("data", () => socket.resetAndDestroy()), "reset"],
    [
      "sends a chain of 10 MB",
      (socket) => {
        socket.write(serverHello);
        for (const part of hugeChain()) socket.write(part);
      },
      "chain-too-long",
    ],
  ])("of a server that %s", async (_, serve, reason) => {
    const port = await tcpServer((socket) => {
      socket.on("error", () => undefined);
      serve(socket);
    });
    const seen = await ask(port, { clock: fast });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason });
  });

  it("does not keep what a server sends without end", async () => {
    let sent = 0;
    const block = Buffer.alloc(2 ** 20, 0xa5);
    const port = await tcpServer((socket) => {
      socket.write(serverHello);
      const more = (): void => {
        while (!socket.destroyed && socket.write(block)) sent += block.length;
      };
      socket.on("drain", more).on("error", () => undefined);
      more();
    });
    expect(await ask(port, { clock: fast })).toMatchObject({ verdict: "inconclusive" });
    // What lies in the buffers of two sockets, and no more.
    expect(sent).toBeLessThan(20 * block.length);
  });
});

/** A ServerHello that chooses TLS 1.0. */
function oldHello(): Buffer {
  const hello = Buffer.from(serverHello);
  hello.writeUInt16BE(0x0301, 9);
  return hello;
}

function dribble(socket: Socket, text: string): void {
  const next = (at: number): void => {
    if (at >= text.length || socket.destroyed) return;
    socket.write(text.slice(at, at + 1), () => setImmediate(() => next(at + 1)));
  };
  next(0);
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("probe of a server that shook hands over %s", (version) => {
  const versions = { minVersion: version, maxVersion: version };

  it.each<[string, (socket: TLSSocket) => void, string]>([
    ["never answers", () => undefined, "answer-timeout"],
    [
      "answers in RTSP",
      (socket) => socket.once("data", () => socket.write("RTSP/1.0 200 OK\r\n\r\n")),
      "not-http",
    ],
    [
      "answers 000",
      (socket) => socket.once("data", () => socket.write("HTTP/1.1 000 X\r\n\r\n")),
      "not-http",
    ],
    [
      "answers 999",
      (socket) => socket.once("data", () => socket.write("HTTP/1.1 999 X\r\n\r\n")),
      "not-http",
    ],
    [
      "switches to nothing",
      (socket) => socket.once("data", () => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
      "not-http",
    ],
    [
      "switches to something else",
      (socket) =>
        socket.once("data", () =>
          socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        ),
      "not-http",
    ],
    ["answers in another language", (socket) => socket.write("* OK IMAP4rev1\r\n"), "not-http"],
    ["sends garbage for an answer", (socket) => socket.write(Buffer.alloc(4096, 0xa5)), "not-http"],
    [
      "sends a head without end",
      (socket) => socket.once("data", () => pour(socket, "HTTP/1.1 200 OK\r\n", "x: y\r\n")),
      "answer-too-long",
    ],
    [
      "sends garbage in place of records",
      // Past TLS, to the socket below.
      (socket) => (socket as unknown as { _parent: Socket })._parent.write(Buffer.alloc(500, 0xa5)),
      "broken-tls",
    ],
  ])("and %s", async (_, serve, reason) => {
    const options = { ...server, ...versions, requestCert: true, rejectUnauthorized: false };
    const port = await tlsServer(options, (socket) => {
      socket.on("error", () => undefined);
      serve(socket);
    });
    const seen = await ask(port, { clock: fast });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason, asked: true });
  });

  it("and keeps the status of an answer whose body never ends", async () => {
    const options = { ...server, ...versions, requestCert: true, rejectUnauthorized: false };
    const port = await tlsServer(options, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () =>
        pour(socket, "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
      );
    });
    expect(await ask(port)).toMatchObject({ verdict: "accepted", httpStatus: 404 });
    const slow = await tlsServer(options, (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"));
    });
    expect(await ask(slow, { clock: fast })).toMatchObject({ verdict: "accepted", httpStatus: 404 });
  });

  it("says that no site has the name, or that another one answers", async () => {
    const context = createSecureContext({ cert: server.cert, key: server.key });
    const strict = await tlsServer({
      ...server,
      ...versions,
      SNICallback: (name, done) =>
        name === "localhost" ? done(null, context) : done(new Error("no such site")),
    });
    const lax = await tlsServer({ ...server, ...versions, requestCert: true, rejectUnauthorized: false });
    const servername = "other.example.com";
    const other = await ask(lax, { servername });
    expect(other).toMatchObject({ verdict: "inconclusive", reason: "wrong-name" });
    expect(other.serverVerified).toBeUndefined();
    const checked = await ask(lax, { servername, ca: root.trust.anchors });
    expect(checked).toMatchObject({ verdict: "inconclusive", reason: "wrong-name", serverVerified: false });
    const agreed = await ask(lax, { servername, ca: root.trust.anchors, checkName: false });
    expect(agreed).toMatchObject({ verdict: "accepted", serverVerified: true });
    expect((await ask(strict, { servername })).verdict).toBe("inconclusive");
    expect((await ask(strict, { servername: "localhost" })).verdict).toBe("accepted");
  });
});

/** Writes as fast as the other side takes it, until that ends. */
function pour(socket: Socket, head: string, part: string): void {
  const block = part.repeat(10_000);
  socket.write(head);
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", more).on("error", () => undefined);
  more();
}
