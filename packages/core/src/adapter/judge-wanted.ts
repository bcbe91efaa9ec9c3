import { judge } from "../rules/judge.ts";
import type { Placed, RuleFinding } from "../rules/rule.ts";
import type { AdapterFacts } from "./adapter-facts.ts";
import type { Digest, Facts, Finding, Wanted } from "./contract.ts";

/** What an adapter's provider would refuse of what is wanted, by the adapter's rules. Times are the planner's to judge. */
export function judgeWanted(adapter: AdapterFacts, wanted: Wanted, facts: Facts): readonly Finding[] {
  if (adapter.role === "verifier") {
    if (wanted.role !== "verifier" || !adapter.modes.includes(wanted.mode)) return [];
    if (wanted.mode !== "optional" && wanted.mode !== "required") return [];
    const { bundle, crls } = adapter.rules ?? {};
    const certificates = placed(wanted.anchors, facts);
    const lists = crls === undefined ? [] : wanted.crls.map((digest) => facts.crl(digest));
    return [
      ...(bundle === undefined ? [] : judge(bundle, { certificates })),
      ...(crls === undefined
        ? []
        : judge(crls, {
            crls: lists.map((list, index) => ({ facts: list, index: index + 1 })),
            anchors: certificates.map((one) => one.facts),
          })),
    ].map(toFinding);
  }
  const pack = adapter.rules?.identity;
  if (pack === undefined || wanted.role !== "presenter" || typeof wanted.shows !== "object") return [];
  const { certificate, chain } = wanted.shows;
  return judge(pack, { certificates: placed([certificate, ...chain], facts) }).map(toFinding);
}

/** What the rules found, and what the adapter adds: each code is told by the graver of the two. */
export function joinFindings(judged: readonly Finding[], own: readonly Finding[]): readonly Finding[] {
  const blocked = new Set(own.filter(({ severity }) => severity === "blocker").map(({ code }) => code));
  return [...judged.filter(({ code }) => !blocked.has(code)), ...own];
}

function placed(digests: readonly Digest[], facts: Facts): readonly Placed[] {
  return digests.map((digest, index) => ({ facts: facts.certificate(digest), index: index + 1 }));
}

function toFinding({ code, severity, message, mend }: RuleFinding): Finding {
  return { code, severity, message, mend };
}
