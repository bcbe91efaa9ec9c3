import {
  type Adapter,
  canonicalText,
  createHandfast,
  type Face,
  fromValue,
  type Handfast,
  type Journal,
  MemoryWorld,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  type Spec,
} from "@handfast/core";
import { expect } from "vitest";
import type { Stage } from "./stage.ts";

type Instance = Handfast<Adapter, string>;

/**
 * The first target of a world in a rollout by core, linked to an endpoint in memory: a presenter where the adapter is a
 * verifier's, and the other way round. So plans widen, present and narrow as they do for users.
 */
export class Rollout {
  readonly stage: Stage;
  readonly journal: Journal;
  readonly #across: MemoryWorld;

  constructor(stage: Stage) {
    const { clock } = stage.world;
    this.stage = stage;
    this.journal = memoryJournal({ clock });
    this.#across = new MemoryWorld({ clock });
    this.#across.set("listener/across", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  }

  /** An instance on this world: another process, where the journal or the adapter is another. */
  instance(journal: Journal = this.journal, adapter: Adapter = this.stage.adapter): Instance {
    const across =
      adapter.facts.role === "verifier" ? memoryPresenter(this.#across) : memoryVerifier(this.#across);
    const [a, b] = this.stage.issuers;
    return createHandfast<readonly Adapter[], string>({
      adapters: [adapter, across],
      journal,
      secrets: { a: fromValue(a.key), b: fromValue(b.key) },
      clock: this.stage.world.clock,
    });
  }

  /** What is wanted when one issuer is to be trusted, and its client shown. */
  spec(handfast: Pick<Instance, "parseSpec">, side: "a" | "b"): Spec {
    const { adapter, issuers } = this.stage;
    const { facts } = adapter;
    const [a, b] = issuers;
    const own = this.stage.target().target as Readonly<Record<string, unknown>>;
    const takesCrls = facts.role === "verifier" && facts.revocation === "crl";
    const trustIn = ({ anchor, crl }: typeof a) => ({
      anchors: anchor,
      ...(takesCrls && crl !== undefined ? { crls: crl } : {}),
    });
    const verifier =
      facts.role === "verifier"
        ? { ...own, adapter: facts.name, mode: facts.modes.at(-1), trust: side }
        : { adapter: "memory.verifier", listener: "across", mode: "required", trust: side };
    const presenter =
      facts.role === "presenter"
        ? { ...own, adapter: facts.name, shows: side }
        : { adapter: "memory.presenter", hostnames: ["across.example.com"], shows: side };
    return handfast.parseSpec({
      trust: { a: trustIn(a), b: trustIn(b) },
      identities: {
        a: { chain: a.chain, key: { secret: "a" } },
        b: { chain: b.chain, key: { secret: "b" } },
      },
      verifiers: { verifier },
      presenters: { presenter },
      links: [{ from: "presenter", to: "verifier" }],
    });
  }

  /** The faces of both ends, as one text. */
  async faces(): Promise<string> {
    const face: Face = await this.stage.face();
    const across = ["listener/across", "association/across.example.com"].map(
      (name) => this.#across.get(name) ?? null,
    );
    return canonicalText([face, across]);
  }

  /** Fails unless the run is the one that was wanted, to its end. */
  static expectDone({ status, steps }: Awaited<ReturnType<Instance["apply"]>>, what: string): void {
    const failed = steps.flatMap(({ error, summary }) =>
      error === undefined ? [] : `${summary}: ${error.message}`,
    );
    expect(status, `${what}; ${failed.join("; ")}`).toBe("done");
  }
}
