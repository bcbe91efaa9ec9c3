import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { turnableClock } from "../../src/clock.ts";
import { type PlacedService, simulate, withOperation } from "../../src/index.ts";
import type { SimulatedService } from "../../src/service.ts";

/** Answers with what it was asked, and obeys a few words in the path. */
function echo(name: string): SimulatedService {
  return {
    name,
    owns: ({ hostname }) => hostname === `${name}.example`,
    handle: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/cut") return withOperation(Response.error(), "Cut");
      if (pathname === "/empty") return new Response(null, { status: 204 });
      const body = new Uint8Array(await request.arrayBuffer());
      const headers = new Headers({
        "x-method": request.method,
        "x-said": request.headers.get("x-say") ?? "",
      });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      if (request.method === "HEAD") headers.set("content-length", "12345");
      return withOperation(
        new Response(request.method === "HEAD" ? null : body, { status: 201, headers }),
        "Echo",
      );
    },
  };
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function reach(way: "in the process" | "on loopback") {
  const clock = turnableClock(7_000);
  const simulation = simulate({ services: [echo("one"), echo("two")], clock });
  if (way === "in the process") {
    simulation.start();
    ends.push(simulation.stop);
    return { simulation, origin: "https://one.example" };
  }
  const { origins, close } = await simulation.listen();
  ends.push(close);
  return { simulation, origin: origins.one ?? "" };
}

for (const way of ["in the process", "on loopback"] as const) {
  it(`simulate carries methods, headers and binary bodies ${way}`, async () => {
    const { origin, simulation } = await reach(way);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const response = await fetch(`${origin}/path?q=1`, {
      method: "PUT",
      body: bytes,
      headers: { "x-say": "hello" },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-method")).toBe("PUT");
    expect(response.headers.get("x-said")).toBe("hello");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(simulation.log.calls).toEqual([{ service: "one", operation: "Echo", at: 7_000, status: 201 }]);
  });

  it(`simulate answers HEAD with the length of a body it does not send ${way}`, async () => {
    const { origin } = await reach(way);
    const response = await fetch(origin, { method: "HEAD" });
    expect(response.headers.get("content-length")).toBe("12345");
    expect(await response.text()).toBe("");
  });

  it(`simulate cuts the connection ${way}`, async () => {
    const { origin, simulation } = await reach(way);
    await expect(fetch(`${origin}/cut`)).rejects.toThrow("fetch failed");
    expect(simulation.log.calls).toEqual([{ service: "one", operation: "Cut", at: 7_000, status: 0 }]);
  });

  it(`simulate logs method and path of a call without an operation ${way}`, async () => {
    const { origin, simulation } = await reach(way);
    expect((await fetch(`${origin}/empty`)).status).toBe(204);
    expect(simulation.log.count({ operation: "GET /empty" })).toBe(1);
    expect([simulation.log.count(), simulation.log.count({ service: "two" })]).toEqual([1, 0]);
    simulation.log.clear();
    expect(simulation.log.count()).toBe(0);
  });
}

it("simulate makes a request to an unknown host an error that names it", async () => {
  const { simulation } = await reach("in the process");
  const failure = await fetch("https://three.example/x").catch((error: Error) => error.cause);
  expect(failure).toMatchObject({ message: "no simulated service owns the host of GET three.example/x" });
  expect(simulation.log.calls).toMatchObject([
    { service: "unknown", operation: "GET three.example/x", status: 0 },
  ]);
});

it("simulate leaves loopback alone while it intercepts", async () => {
  const { origin } = await reach("on loopback");
  await reach("in the process");
  expect((await fetch(`${origin}/empty`)).status).toBe(204);
});

it("simulate ends interception with stop, which may be called twice", async () => {
  const { simulation } = await reach("in the process");
  simulation.stop();
  simulation.stop();
  // No host of a service and not loopback for the simulation, but a port of this machine that nothing listens on.
  await expect(fetch("http://0.0.0.0:65535/")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
});

it("simulate closes its servers and the connections to them", async () => {
  const { close, origins } = await simulate({ services: [echo("one")] }).listen();
  const { hostname, port } = new URL(origins.one ?? "");
  expect(hostname).toBe("127.0.0.1");
  const socket = connect(Number(port), hostname);
  const ended = new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => socket.once("connect", resolve));
  await close();
  await ended;
  await expect(fetch(origins.one ?? "")).rejects.toThrow();
});

it("simulate tells a service where the others are", async () => {
  let placed: Readonly<Record<string, string>> = {};
  const service: PlacedService = {
    ...echo("one"),
    placedAt: (origins) => {
      placed = origins;
    },
  };
  const { close, origins } = await simulate({ services: [service, echo("two")] }).listen();
  ends.push(close);
  expect(placed).toEqual(origins);
  expect(Object.keys(placed)).toEqual(["one", "two"]);
});

it("simulate refuses two services of one name", () => {
  expect(() => simulate({ services: [echo("one"), echo("one")] })).toThrow(TypeError);
});
