/** Where a path is proved: by requests over its links, by requests to verifiers themselves, and by their logs. */
import type { Digest, Shown, VerifierFace } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import { rank } from "./candidates.ts";
import { endsOf, type Graph, type Link, type StateOf } from "./graph.ts";
import type { PlanStep } from "./plan.ts";

/** What a link's proof takes. */
export interface ProofPolicy {
  /** Fresh successes in a row. */
  readonly times: number;
  readonly atMostMs: number;
}

/** A step before it has an id. */
export type NewStep = {
  readonly after: readonly string[];
  readonly kind: PlanStep["kind"];
  readonly phase: PlanStep["phase"];
  readonly summary: string;
} & Record<string, unknown>;

/** What proofs need of the plan around them. */
export interface Around {
  readonly graph: Graph;
  /** Undefined where there is nobody to prove anything by requests. */
  readonly policy: ProofPolicy | undefined;
  add(step: NewStep): string;
  /** The steps that whatever looks at an endpoint has to wait for. */
  lastOn(key: string): readonly string[];
}

/** Where a verifier rehearses what it is about to do, if that is what is looked at, and what is waited for first. */
export interface DirectAt {
  readonly port?: number | undefined;
  readonly after: readonly string[];
}

/** Gates that a narrowing waits for, and those of them that take their time. */
export interface Gated {
  readonly all: readonly string[];
  readonly slow: readonly string[];
}

interface Proof {
  readonly by: "link" | "direct";
  readonly due: "served" | "refused";
  readonly port?: number;
  readonly certificate?: Digest | undefined;
  readonly summary: string;
}

/** Adds proofs to a plan in the making, each due by the faces at its place. */
export class Proofs {
  readonly #around: Around;
  readonly #last = new Map<string, string>();
  /** Links whose state was not proved since it changed. */
  readonly #unproved: Set<string>;
  /** Gates behind which a link was proved, by the link. */
  readonly #behind = new Map<string, ReadonlySet<string>>();
  /** Steps by which a verifier begins to ask for certificates, and its presenters to show what they will. */
  readonly #newerThan = new Map<string, string[]>();

  constructor(around: Around) {
    this.#around = around;
    this.#unproved = new Set(around.graph.links.map(({ key }) => key));
  }

  /** The last proof of a link. */
  last(link: Link): readonly string[] {
    const id = this.#last.get(link.key);
    return id === undefined ? [] : [id];
  }

  /** Links whose ends have changed. */
  changed(links: readonly Link[]): void {
    for (const { key } of links) this.#unproved.add(key);
  }

  /** A verifier was changed by some steps: from now on it may ask. */
  asks(key: string, before: VerifierFace, after: VerifierFace, by: readonly string[]): void {
    if (rank(before.mode) > 0 || rank(after.mode) === 0) return;
    this.#note(key, by);
  }

  /** Presenters were changed by some steps: what their verifiers logged before tells of what they showed then. */
  shows(links: readonly Link[], by: readonly string[]): void {
    for (const { to } of links) if ("endpoint" in to) this.#note(to.endpoint, by);
  }

  /** Proofs of these links that are still to be planned will wait for these gates anyway. */
  behind(links: readonly Link[], gates: readonly string[]): void {
    for (const { key } of links) this.#behind.set(key, new Set([...(this.#behind.get(key) ?? []), ...gates]));
  }

  /**
   * A narrowing waits for a proof of every link that it could break, of the state just before: one made since the link
   * changed, and since the gates that take their time.
   */
  before(links: readonly Link[], states: StateOf, goal: StateOf, gates: Gated): void {
    const asked = links.filter((link) => rank(this.#around.graph.verifierOf(link, states).mode) > 0);
    const isOld = ({ key }: Link): boolean =>
      gates.slow.some((gate) => this.#behind.get(key)?.has(gate) !== true);
    const old = new Set(asked.filter(isOld));
    for (const link of asked)
      if (old.has(link) || this.#unproved.has(link.key)) this.over(link, states, gates.all);
    this.direct([...old], states, goal, { after: gates.all });
    this.behind([...old], gates.slow);
  }

  /** A request over the link, as its traffic goes. */
  over(link: Link, states: StateOf, behind: readonly string[] = []): readonly string[] {
    if (link.probe?.url === undefined || this.#isRefused(link, states)) return [];
    const certificate = this.#expected(link, states);
    const what =
      certificate === undefined ? "is served" : `is served with certificate ${certificate.slice(0, 12)}`;
    const id = this.#prove(link, endsOf(link), behind, {
      by: "link",
      due: "served",
      certificate,
      summary: `prove by real handshakes that ${link.key} ${what}`,
    });
    this.#unproved.delete(link.key);
    return id === undefined ? [] : [id];
  }

  /**
   * Requests to verifiers that have just changed, past the presenters: what will be shown must be served, and nothing
   * must not be where it is refused. Links that ask the same of the same verifier share a proof.
   */
  direct(
    links: readonly Link[],
    states: StateOf,
    goal: StateOf,
    at: DirectAt = { after: [] },
  ): readonly string[] {
    const shared = new Map<string, string>();
    return links.flatMap((link) =>
      (["served", "refused"] as const).flatMap((due) => {
        if (!this.#isDue(link, due, states, goal)) return [];
        const asked = canonicalText([link.to, link.probe?.direct, due]);
        const known = shared.get(asked);
        const id = known ?? this.#proveDirect(link, due, at);
        if (id === undefined) return [];
        shared.set(asked, id);
        if (at.port === undefined) this.#last.set(link.key, id);
        return known === undefined ? [id] : [];
      }),
    );
  }

  /** The logs of a verifier that is about to be narrowed, where it asks already. */
  evidence(key: string, now: VerifierFace, next: VerifierFace, after: readonly string[]): string | undefined {
    const { evidence } = this.#around.graph.endpoint(key);
    if (evidence === undefined || rank(now.mode) === 0) return undefined;
    const { logs, sinceMs, atLeast, mayRefuse, unknown, waitMs } = evidence;
    return this.#around.add({
      kind: "evidence",
      phase: "prove",
      after,
      summary: `see in ${logs} that ${key} was asked by nobody whom it is about to refuse`,
      target: key,
      before: now,
      face: next,
      logs,
      sinceMs,
      newerThan: [...new Set(this.#newerThan.get(key))],
      atLeast,
      mayRefuse,
      unknown,
      atMostMs: waitMs,
    });
  }

  #note(key: string, by: readonly string[]): void {
    this.#newerThan.set(key, [...(this.#newerThan.get(key) ?? []), ...by]);
  }

  #proveDirect(link: Link, due: "served" | "refused", { port, after }: DirectAt): string | undefined {
    const to = "endpoint" in link.to ? link.to.endpoint : link.to.verifier;
    const certificate = link.probe?.direct?.show?.chain[0];
    const what =
      due === "refused"
        ? "refuses whoever shows nothing"
        : `serves certificate ${certificate?.slice(0, 12)} of ${link.key}`;
    if (port !== undefined) {
      return this.#add(link, after, {
        by: "direct",
        due,
        port,
        summary: `prove by real handshakes at port ${port} that ${to}, as it will be, ${what}`,
      });
    }
    return this.#prove(link, "endpoint" in link.to ? [link.to.endpoint] : [], after, {
      by: "direct",
      due,
      summary: `prove by real handshakes with ${to} itself that it ${what}`,
    });
  }

  /** Whether the faces say so, and there is something to be seen: a verifier that does not check proves nothing. */
  #isDue(link: Link, due: "served" | "refused", states: StateOf, goal: StateOf): boolean {
    const { graph } = this.#around;
    const direct = link.probe?.direct;
    const face = graph.verifierOf(link, states);
    if (direct === undefined || rank(face.mode) <= rank("request")) return false;
    const verdict = (shown: Shown): string =>
      graph.judge(link, { key: "shown", name: "probe", shown }, face).verdict;
    const [certificate, ...chain] = direct.show?.chain ?? [];
    if (certificate === undefined || verdict({ certificate, chain }) !== "accepted") return false;
    // many verifiers refuse by closing the connection, as a crash does: what is served beside it tells them apart
    if (due === "refused") return verdict("nothing") === "refused";
    // what stands for the presenter must fare as the presenter will: else it proves something about itself only
    return graph.credentials(link, goal).every((credential) => {
      return graph.judge(link, credential, face).verdict === "accepted";
    });
  }

  #prove(link: Link, keys: readonly string[], behind: readonly string[], step: Proof): string | undefined {
    const after = [...keys.flatMap((key) => this.#around.lastOn(key)), ...this.last(link), ...behind];
    const id = this.#add(link, after, step);
    if (id !== undefined) this.#last.set(link.key, id);
    return id;
  }

  #add(link: Link, after: readonly string[], step: Proof): string | undefined {
    const { policy, add } = this.#around;
    if (policy === undefined) return undefined;
    return add({ kind: "prove", phase: "prove", after, link: link.key, ...step, ...policy });
  }

  /** A link that was broken at the start may still be so: what is refused by the plan itself can't be proved. */
  #isRefused(link: Link, states: StateOf): boolean {
    if (!("endpoint" in link.from)) return false;
    return this.#around.graph.verdicts(link, states).some(({ verdict }) => verdict === "refused");
  }

  /** The certificate that must have been seen at the verifier, if it asks and the presenter is ours. */
  #expected(link: Link, states: StateOf): Digest | undefined {
    const { graph } = this.#around;
    if (link.probe?.echo === undefined) return undefined;
    if (rank(graph.verifierOf(link, states).mode) === 0 || !("endpoint" in link.from)) return undefined;
    const [credential] = graph.credentials(link, states);
    const shown = credential?.shown;
    return typeof shown === "object" && "certificate" in shown ? shown.certificate : undefined;
  }
}
