/** What the parts of an instance share: everything that was injected, behind the few calls that they make of it. */
import { Evidence } from "../accept/evidence.ts";
import type { Digest, Face, Secret, Seen } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { AnswerLimits } from "../apply/run-context.ts";
import { sha256 } from "../certificate/digest.ts";
import type { Clock } from "../clock.ts";
import { HandfastError } from "../errors.ts";
import type { ApprovalRule } from "../guardrails/approval.ts";
import type { Policy } from "../guardrails/policy.ts";
import type { Journal } from "../journal/journal.ts";
import type { ProofPolicy } from "../plan/order.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import type { Check } from "../prove/check.ts";
import type { ConnectionLog } from "../prove/connection-log.ts";
import type { Prober } from "../prove/prober.ts";
import { resolveSecret } from "../secret/resolve-secret.ts";
import type { SecretSource } from "../secret/secret-source.ts";
import { guardTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { watchAdapter, watchCheck, watchLog, watchProber } from "../telemetry/watch-calls.ts";
import { type PastRun, readRuns, refuseDamaged } from "./history.ts";
import type { ReadText } from "./resolve-spec.ts";

export interface WorkshopParts {
  readonly adapters: readonly Adapter[];
  readonly journal: Journal;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly prober: Prober | undefined;
  readonly checks: Readonly<Record<string, Check>>;
  readonly logs: Readonly<Record<string, ConnectionLog>>;
  readonly proof: ProofPolicy;
  readonly answerMs: AnswerLimits;
  readonly clock: Clock;
  readonly random: (count: number) => Uint8Array;
  readonly readText: ReadText;
  readonly telemetry: Telemetry | undefined;
  readonly concurrency: number;
  readonly planValidMs: number;
  readonly policies: readonly Policy[];
  readonly approval: ApprovalRule | undefined;
}

export class Workshop {
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly journal: Journal;
  readonly prober: Prober | undefined;
  readonly checks: ReadonlyMap<string, Check>;
  readonly logs: ReadonlyMap<string, ConnectionLog>;
  /** How long a proof may take. Milliseconds. */
  readonly proofAtMostMs: number;
  /** How long whoever is asked at a gate may take for an answer. Milliseconds. */
  readonly answerMs: AnswerLimits;
  /** How links are proved; undefined when there is nobody to prove them. */
  readonly proof: ProofPolicy | undefined;
  readonly clock: Clock;
  readonly random: (count: number) => Uint8Array;
  readonly readText: ReadText;
  readonly telemetry: Telemetry;
  readonly concurrency: number;
  /** How long a plan may lie before it is started. Milliseconds. */
  readonly planValidMs: number;
  readonly policies: readonly Policy[];
  readonly approval: ApprovalRule | undefined;
  readonly #secrets: Readonly<Record<string, SecretSource>>;

  constructor(parts: WorkshopParts) {
    const telemetry = guardTelemetry(parts.telemetry);
    // what nobody watches is left as it was given
    const watched = <T>(one: T, watch: (one: T, telemetry: Telemetry) => T): T =>
      parts.telemetry === undefined ? one : watch(one, telemetry);
    const all = <T>(some: Readonly<Record<string, T>>, watch: (one: T, telemetry: Telemetry) => T) =>
      new Map(Object.entries(some).map(([name, one]) => [name, watched(one, watch)]));
    this.telemetry = telemetry;
    this.adapters = new Map(
      parts.adapters.map((adapter) => [adapter.facts.name, watched(adapter, watchAdapter)]),
    );
    this.journal = parts.journal;
    this.prober = parts.prober && watched(parts.prober, watchProber);
    this.checks = all(parts.checks, watchCheck);
    this.logs = all(parts.logs, watchLog);
    this.proofAtMostMs = parts.proof.atMostMs;
    this.answerMs = parts.answerMs;
    this.proof = parts.prober === undefined ? undefined : parts.proof;
    this.clock = parts.clock;
    this.random = parts.random;
    this.readText = parts.readText;
    this.concurrency = parts.concurrency;
    this.planValidMs = parts.planValidMs;
    this.policies = parts.policies;
    this.approval = parts.approval;
    this.#secrets = parts.secrets;
  }

  /** @throws HandfastError `PLAN_UNKNOWN_ADAPTER` */
  adapter(name: string): Adapter {
    const adapter = this.adapters.get(name);
    if (adapter !== undefined) return adapter;
    const known = [...this.adapters.keys()].join(", ");
    throw new HandfastError(
      "PLAN_UNKNOWN_ADAPTER",
      `no adapter is named ${name}, only ${known}; pass it to createHandfast`,
      { adapter: name },
    );
  }

  /** The private key behind a name, checked against the certificate that it is for. */
  async secret({ key, spki }: Secret): Promise<string> {
    const source = Object.hasOwn(this.#secrets, key) ? this.#secrets[key] : undefined;
    if (source === undefined) {
      throw new HandfastError(
        "SECRET_MISSING",
        `read secret ${key} failed: createHandfast was given no secret of that name; add it to \`secrets\``,
        { facts: { secret: key } },
      );
    }
    return await resolveSecret(source, spki);
  }

  /**
   * All runs of the journal that can be read, newest first.
   *
   * @param ignored ids of damaged runs that may be left out of account
   * @throws HandfastError `JOURNAL_CORRUPT` when there are others
   */
  async pastRuns(ignored: readonly string[]): Promise<readonly PastRun[]> {
    const { runs, damaged } = await readRuns(this.journal);
    refuseDamaged(damaged, ignored);
    return runs;
  }

  /**
   * The bytes of a blob beside the journal.
   *
   * @throws HandfastError `BLOB_MISSING`
   */
  async blob(digest: Digest): Promise<Uint8Array> {
    const stored = await this.journal.blobs.get(digest);
    if (stored === undefined) throw missing(digest);
    return stored;
  }

  /** Keeps what a plan speaks of beside the journal, so that large blobs are found at apply. */
  async keepBlobs(facts: Evidence): Promise<void> {
    for (const [, bytes] of facts.bytes) await this.journal.blobs.put(bytes);
  }

  /**
   * The bytes that a plan speaks of: those inside it, checked against their digest, and the large ones from the store.
   *
   * @throws HandfastError `PLAN_INVALID` for bytes that are not what their digest says; `BLOB_MISSING`
   */
  async bytesOf(blobs: MtlsPlan["blobs"]): Promise<ReadonlyMap<Digest, Uint8Array>> {
    const bytes = new Map<Digest, Uint8Array>();
    for (const [digest, blob] of Object.entries(blobs)) {
      if (typeof blob !== "string") {
        bytes.set(digest, await this.blob(digest));
        continue;
      }
      const content = new Uint8Array(Buffer.from(blob, "base64"));
      if (sha256(content) !== digest) {
        throw new HandfastError(
          "PLAN_INVALID",
          `read plan failed: blob ${digest.slice(0, 12)} is not what its digest says; the plan was edited, so plan again`,
          { facts: { sha256: digest } },
        );
      }
      bytes.set(digest, content);
    }
    return bytes;
  }

  /**
   * All that endpoints speak of: what was just read, what is given, and, for a provider that tells digests only, what
   * an earlier run kept beside the journal.
   */
  async evidenceFor(
    endpoints: readonly {
      readonly adapter: Adapter;
      readonly target: unknown;
      readonly seen: Seen<unknown>;
    }[],
    known: ReadonlyMap<Digest, Uint8Array>,
  ): Promise<Evidence> {
    const bytes = new Map(known);
    for (const { adapter, target, seen } of endpoints) {
      const faces = [seen.now, ...seen.may].map((state) => adapter.definition.face(target, state));
      for (const digest of faces.flatMap(digestsOf)) {
        const stored = bytes.has(digest) ? undefined : await this.journal.blobs.get(digest);
        if (stored !== undefined) bytes.set(digest, stored);
      }
    }
    return new Evidence(bytes);
  }

  async evidenceOf(plan: MtlsPlan): Promise<Evidence> {
    return new Evidence(await this.bytesOf(plan.blobs));
  }
}

/** Certificates and CRLs that a face names. */
function digestsOf(face: Face): readonly Digest[] {
  if (face.role === "presenter") {
    return typeof face.shows === "object" && "certificate" in face.shows
      ? [face.shows.certificate, ...face.shows.chain]
      : [];
  }
  return [face.anchors, face.crls].flatMap((list) => ("known" in list ? list.known : []));
}

/** The error for bytes that nobody has. */
function missing(digest: Digest): HandfastError {
  return new HandfastError(
    "BLOB_MISSING",
    `read blob ${digest.slice(0, 12)} failed: it is neither in the plan nor in the blob store; apply the plan with the journal that it was made with`,
    { facts: { sha256: digest } },
  );
}
