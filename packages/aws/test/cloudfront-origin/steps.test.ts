import type { Step, StepCheck } from "@handfast/core";
import { describe, expect, it } from "vitest";
import type { OriginAction } from "../../src/cloudfront-origin/actions.ts";
import { afterOrigin, checkOrigin } from "../../src/cloudfront-origin/after.ts";
import { madeByOrigin, ownedByOrigin } from "../../src/cloudfront-origin/owned.ts";
import { originRemovals } from "../../src/cloudfront-origin/removals.ts";
import { certificateKey, type OriginState, type Showing } from "../../src/cloudfront-origin/state.ts";
import { originSteps } from "../../src/cloudfront-origin/steps.ts";
import { deploymentWithin } from "../../src/distribution/deployment.ts";
import {
  arnOf,
  bundle,
  distribution,
  foreign,
  noDistribution,
  noOrigin,
  secret,
  state,
  target,
} from "./states.ts";

const deployment = deploymentWithin();
const [a, b] = [bundle("a"), bundle("b", "root")];
const theirs = foreign("a", arnOf("11111111"));
const hidden: Showing = { unknown: "it is not in ACM", arn: arnOf("22222222") };

const plan = (from: OriginState, to: OriginState) => originSteps(target, from, to, deployment);
const summaries = (from: OriginState, to: OriginState): readonly string[] =>
  plan(from, to).steps.map(({ summary }) => summary);
const codes = (from: OriginState, to: OriginState): readonly string[] =>
  plan(from, to).findings.map(({ code }) => code);
const short = (one: typeof a): string => one.certificate.slice(0, 12);

describe("originSteps", () => {
  it("imports what is missing, then sets the origin to it", () => {
    const [from, to] = [state("nothing"), state(b, [{ ...b, secret }])];
    const { steps, findings } = plan(from, to);
    expect(findings).toEqual([]);
    expect(steps).toEqual([
      {
        key: `import-certificate ${b.certificate}+${b.chain[0]}`,
        object: certificateKey(distribution, b),
        action: { kind: "import-certificate", bundle: b, secret },
        effect: "none",
        back: "until-retire",
        settles: { by: "call" },
        cost: { budget: "aws.acm/us-east-1", calls: 4 },
        summary: `import certificate ${short(b)} into ACM in us-east-1`,
      },
      {
        key: `set-origin certificate ${short(b)}`,
        object: distribution,
        after: [`import-certificate ${b.certificate}+${b.chain[0]}`],
        action: { kind: "set-origin", origin: "app", from: "nothing", to: b },
        effect: "switch",
        back: "exact",
        settles: { by: "status", typicalMs: 300_000, atMostMs: 5_400_000 },
        cost: { budget: "aws.cloudfront", calls: 5 },
        summary: `show certificate ${short(b)} to origin "app" of E1EXAMPLE (now nothing)`,
      },
    ]);
  });

  it.each<[string, OriginState, OriginState, readonly string[]]>([
    ["to what was imported", state("nothing", [a]), state(a, [a]), [`show certificate ${short(a)} to`]],
    ["to nothing", state(a, [a]), state("nothing"), ["show nothing to"]],
    [
      "back to that very certificate of somebody else's",
      state(b, [b]),
      state(theirs),
      [`show certificate ${short(a)} (ACM 11111111-1111-2222-3333-444444444444) to`],
    ],
    [
      "back to that very certificate from one with the same content",
      state(a, [a]),
      state(theirs),
      [`show certificate ${short(a)} (ACM`],
    ],
    ["back to one that could not be read", state(a, [a]), state(hidden), ["show ACM certificate 22222222"]],
    ["not at all, when it is shown", state(a, [a]), state(a), []],
    ["not at all, when somebody else's is the same", state(theirs), state(a), []],
    ["not at all, when what can't be read is shown", state(hidden), state(hidden), []],
  ])("sets an origin %s", (_, from, to, expected) => {
    const found = summaries(from, to);
    expect(found).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(found[index]).toContain(text);
    expect(codes(from, to)).toEqual([]);
  });

  it.each([
    ["the distribution is gone", noDistribution, state(a), "distribution-not-found"],
    ["the origin is gone", noOrigin, state(a), "origin-not-found"],
    ["the certificate is gone, and its key unknown", state("nothing"), state(a), "certificate-gone"],
    [
      "another certificate was imported over somebody else's",
      state(foreign("c", arnOf("11111111"))),
      state(theirs),
      "certificate-changed",
    ],
    [
      "the certificate lies in another region",
      state("nothing"),
      state(foreign("a", arnOf("11111111", "eu-west-1"))),
      "certificate-in-wrong-region",
    ],
  ])("says that there is no way when %s", (_, from, to, code) => {
    expect(codes(from, to)).toEqual([code]);
    expect(plan(from, to)).toMatchObject({ steps: [], findings: [{ severity: "blocker" }] });
  });

  it("gives up on a deployment when it is told to", () => {
    const [step] = originSteps(target, state(a, [a]), state("nothing"), deploymentWithin(60_000)).steps;
    expect(step?.settles).toEqual({ by: "status", typicalMs: 60_000, atMostMs: 60_000 });
  });
});

const stepsTo = (from: OriginState, to: OriginState) => plan(from, to).steps as readonly Step<OriginAction>[];
const [imports, sets] = stepsTo(state("nothing"), state(a, [{ ...a, secret }])) as [
  Step<OriginAction>,
  Step<OriginAction>,
];
const deletes = originRemovals(
  target,
  { now: state("nothing", [a]) },
  { keep: [], made: [certificateKey(distribution, a)] },
).steps[0] as Step<OriginAction>;

describe("afterOrigin", () => {
  it("ends, step by step, where the state was to be", () => {
    const from = state("nothing", [b]);
    const end = [imports, sets].reduce((at, step) => afterOrigin(target, at, step), from);
    expect(end).toEqual(state(a, [b, { ...a, secret }]));
    expect(afterOrigin(target, end, deletes)).toEqual(state(a, [b]));
  });

  it.each([
    ["set for another origin", { distribution, origins: ["api"] }, sets],
    ["set at another distribution", { ...target, distribution: `${distribution}2` }, sets],
    [
      "imported by another account",
      { ...target, distribution: distribution.replace("1111", "9999") },
      imports,
    ],
    [
      "deleted by another account",
      { ...target, distribution: distribution.replace("1111", "9999") },
      deletes,
    ],
  ])("leaves a state alone when something is %s", (_, other, step) => {
    const before = state("nothing", step === deletes ? [a] : []);
    expect(afterOrigin(other, before, step)).toBe(before);
  });

  it("leaves a state alone in which it is so already", () => {
    const before = state(a, [a]);
    expect(afterOrigin(target, before, imports)).toBe(before);
    expect(afterOrigin(target, noOrigin, sets)).toBe(noOrigin);
    expect(afterOrigin(target, noOrigin, deletes)).toBe(noOrigin);
  });
});

describe("checkOrigin", () => {
  it.each<[string, Step<OriginAction>, OriginState, boolean, StepCheck | object]>([
    ["an import to be done", imports, state("nothing"), true, "todo"],
    ["an import that is done", imports, state("nothing", [a]), true, "done"],
    ["an import of what somebody else's already shows", imports, state(theirs), true, "done"],
    ["a switch to be done", sets, state("nothing", [a]), true, "todo"],
    ["a switch on its way", sets, state(a, [a]), false, "pending"],
    ["a switch that is done", sets, state(a, [a]), true, "done"],
    ["a switch to the same of somebody else's", sets, state(theirs), true, "done"],
    ["a switch that met another", sets, state(b, [b]), true, { moved: expect.stringContaining(short(b)) }],
    ["a switch that met one that can't be read", sets, state(hidden), true, { moved: expect.anything() }],
    ["a switch of an origin that is gone", sets, noOrigin, true, { failed: "the origin is gone" }],
    ["a deletion to be done", deletes, state("nothing", [a]), true, "todo"],
    ["a deletion that is done", deletes, state("nothing"), true, "done"],
    ["a deletion of what is shown again", deletes, state(a, [a]), true, { moved: expect.anything() }],
    [
      "a deletion of what another origin is shown",
      deletes,
      state("nothing", [{ ...a, taken: true }]),
      true,
      { moved: expect.anything() },
    ],
  ])("tells of %s", (_, step, now, settled, expected) => {
    expect(checkOrigin(step, { now, settled })).toEqual(expected);
  });
});

describe("originRemovals", () => {
  const key = certificateKey(distribution, a);
  const removed = (now: OriginState, keep: readonly OriginState[] = [], made = [key]) =>
    originRemovals(target, { now }, { keep, made });

  it("deletes what handfast imported and nothing is shown any more", () => {
    expect(removed(state("nothing", [a])).steps).toMatchObject([
      { key: `delete-certificate ${a.certificate}`, object: key, effect: "remove" },
    ]);
  });

  it.each([
    ["it is shown", state(a, [a]), []],
    ["another origin is shown it", state("nothing", [{ ...a, taken: true }]), []],
    ["a run may go back to it", state("nothing", [a]), [state(a, [a])]],
    ["it is gone", state("nothing"), []],
  ])("deletes nothing when %s", (_, now, keep) => {
    expect(removed(now, keep)).toEqual({ steps: [], findings: [] });
  });

  it("deletes one that a run goes back to by somebody else's ARN", () => {
    expect(removed(state("nothing", [a]), [state(theirs)]).steps).toHaveLength(1);
  });

  it("tells of one that no run known here imported", () => {
    expect(removed(state("nothing", [a]), [], [])).toMatchObject({
      steps: [],
      findings: [{ code: "certificate-left", severity: "info" }],
    });
  });
});

describe("ownedByOrigin", () => {
  it("is what the origin is shown and how it is reached, and nothing else", () => {
    const owned = ownedByOrigin(state(a, [a]));
    expect(ownedByOrigin({ ...state(a, [b], { bans: ["grpc"] }), manager: { tool: "Pulumi" } })).toEqual(
      owned,
    );
    expect(ownedByOrigin(state(b, [a]))).not.toEqual(owned);
    expect(ownedByOrigin(state(a, [a], { protocolPolicy: "http-only" }))).not.toEqual(owned);
    expect(ownedByOrigin(noOrigin)).not.toEqual(ownedByOrigin(noDistribution));
  });
});

describe("madeByOrigin", () => {
  it("is the certificate of an import, and nothing of other steps", () => {
    expect(madeByOrigin(distribution, imports.action)).toEqual([
      `arn:aws:acm:us-east-1:111122223333:certificate/${a.certificate}`,
    ]);
    expect([sets, deletes].flatMap(({ action }) => madeByOrigin(distribution, action))).toEqual([]);
  });
});
