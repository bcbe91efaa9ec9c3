import { beforeAll, describe, expect, it } from "vitest";
import type { ActFigures, ActsFigures } from "../traffic-acts.ts";
import type { TaleFigures } from "../traffic-lies.ts";
import { type ProgramEnd, runProgram } from "./run-program.ts";

let end: ProgramEnd;
let figures: ActsFigures & { readonly lies: readonly TaleFigures[] };

beforeAll(async () => {
  const args = ["--conditions=@handfast/source", "examples/traffic.ts", "--json"];
  end = await runProgram(process.execPath, args, { timeoutMs: 170_000 });
  figures = JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? "") as typeof figures;
}, 180_000);

describe("traffic --json", () => {
  it("ends well, is plain when piped, and prints no key", () => {
    expect(end).toMatchObject({ status: 0, stderr: "" });
    expect(end.stdout).not.toContain("\u001b");
    expect(end.stdout).not.toContain("PRIVATE KEY");
  });

  it("fails no request in any act, and there were many in each", () => {
    const names = figures.acts.map(({ name }) => name);
    expect(names).toEqual([
      "Rollout: off to required",
      "Rotation of the CA and of the leaf",
      "Revocation of the partner's certificate",
      "Rollback of the revocation, with consent",
      "Rollback of the rotation",
      "Rollback of the rollout",
    ]);
    for (const { name, served, failed } of figures.acts) {
      expect({ name, failed }).toEqual({ name, failed: 0 } satisfies Partial<ActFigures>);
      expect(served).toBeGreaterThan(20);
      expect(end.stdout).toMatch(new RegExp(`${name} +${served} served +0 failed`));
    }
  });

  it("refuses who was revoked by a real handshake, no other, and lets nobody in again without consent", () => {
    const ours = { name: "the certificate of the edge", due: "served", status: 200, ok: true };
    expect(figures.handshakes).toMatchObject([
      { due: "served", status: 200, ok: true },
      ours,
      { name: "the partner, revoked", due: "refused", status: null, asked: true, ok: true },
      ours,
      { due: "served", status: 200, ok: true },
      ours,
    ]);
    expect(figures.staysRevoked).toBe(true);
  });

  it("leaves everything as before, and once retired nothing over, in every world", () => {
    expect(figures).toMatchObject({ restored: true, clearedUp: true });
    for (const tale of figures.lies) expect(tale).toMatchObject({ asBefore: true, clearedUp: true });
  });
});

const deafEdge = "the edge never shows the certificate";
const deafBalancer = "the load balancer never trusts the new CA";

/** Lie, act, how the world's and the witness' names begin; then where it stops, and what it says there. */
type Row = readonly [TaleFigures["lie"], TaleFigures["act"], string, string, string, string];

const caught: readonly Row[] = [
  ["too kind", "rollout", "Cloudflare gives", "the provider's own", "present: associate", "REMOTE_REJECTED"],
  ["too kind", "rollout", deafEdge, "a check that counts what reaches", "wave: ", "PROOF_FAILED"],
  ["too kind", "rollout", deafEdge, "the load balancer's connection log", "prove: see in", "PROOF_FAILED"],
  ["too kind", "rotation", deafBalancer, "another prober", "prove: prove by", "PROOF_FAILED"],
  ["too strict", "rollout", "all is well", "nobody", "prove: prove by", "PROOF_FAILED"],
  ["too strict", "rotation", "all is well", "nobody", "prove: prove by", "PROOF_FAILED"],
  ["never sure", "rollout", "all is well", "nobody", "prove: prove by", "PROOF_INCONCLUSIVE"],
];

const believed: readonly (readonly [TaleFigures["act"], string, string])[] = [
  ["rollout", deafEdge, "a check that counts what visitors get"],
  ["rotation", deafBalancer, "nobody"],
];

function find(lie: string, act: string, world: string, witness: string): TaleFigures | undefined {
  return figures.lies.find(
    (one) =>
      one.lie === lie && one.act === act && one.world.startsWith(world) && one.witness.startsWith(witness),
  );
}

describe("a prober that lies", () => {
  it.each(caught)("%s, %s, %s, with %s: is stopped before anybody is refused", (...row) => {
    const [lie, act, world, witness, stoppedAt, code] = row;
    const tale = find(lie, act, world, witness);
    expect(tale).toMatchObject({
      failed: 0,
      status: code === "PROOF_INCONCLUSIVE" ? "held" : "failed",
      stoppedAt: expect.stringMatching(`^${stoppedAt}`),
      code,
    });
    expect(tale?.served).toBeGreaterThan(20);
    expect(end.stdout).toContain(`${code}: ${tale?.message}`);
  });

  it("goes back by itself where it failed and the way back has no need of it", () => {
    const backs = figures.lies.filter(({ status }) => status === "failed").map(({ back }) => back);
    expect(backs.toSorted()).toEqual([
      "by hand, with evenIfMoved",
      ...Array.from({ length: 4 }, () => "by itself"),
      "half-way by itself, the rest with an honest prober",
    ]);
  });

  it("that is too kind costs nothing where all is well", () => {
    expect(find("too kind", "rollout", "all is well", "nobody")).toMatchObject({ failed: 0, status: "done" });
  });

  it.each(believed)("that is too kind is believed in a %s where %s, seen by %s, and says so", (...row) => {
    const tale = find("too kind", ...row);
    expect(tale).toMatchObject({ status: "done", code: null, back: "by hand" });
    expect(tale?.failed).toBeGreaterThan(0);
    expect(end.stdout).toContain(`${tale?.served} served, ${tale?.failed} failed`);
  });

  it("is found in the tables above, whatever it says", () => {
    expect(figures.lies).toHaveLength(caught.length + believed.length + 1);
  });
});
