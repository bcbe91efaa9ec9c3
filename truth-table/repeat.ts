import { forEachBounded } from "./bounded.ts";
import { blockEventLoop } from "./busy-loop.ts";
import { type Ask, dueOf, type Look, type Question, questionsAt } from "./cell.ts";
import { look, pageNames } from "./look.ts";
import type { RunningServer, Surroundings } from "./start-server.ts";

/** A probe that must have been refused, under load. */
export interface Repetition extends Question {
  readonly look: Look;
}

export interface RepeatOptions {
  readonly ask: Ask;
  readonly count: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly onLook: () => void;
}

export interface Repetitions {
  readonly all: readonly Repetition[];
  /** For how many of all milliseconds the event loop was blocked. */
  readonly blockedMs: number;
  readonly tookMs: number;
}

/** Endpoints that are asked at the same time; each of them is asked one thing after the other. */
const parallel = 8;

/**
 * Asks only what must be refused, again and again, while the event loop is blocked. Three of four go to verifiers that
 * require a certificate and speak TLS 1.3: there the client's handshake has ended before it is refused.
 */
export async function repeatRefusals(
  servers: readonly RunningServer[],
  { certificates }: Surroundings,
  { ask, count, random, onLook }: RepeatOptions,
): Promise<Repetitions> {
  const refused = servers.flatMap((running) => refusedBy(running).map((question) => ({ running, question })));
  const hard = refused.filter(({ question }) => isHard(question));
  const rest = refused.filter(({ question }) => !isHard(question));
  const nextPage = pageNames("repetition");
  const all: Repetition[] = [];
  const turns = Array.from({ length: refused.length === 0 ? 0 : count }, (_, index) => {
    const from = (index % 4 === 3 && rest.length > 0) || hard.length === 0 ? rest : hard;
    return { ...pick(from, random), index };
  });
  const lanes = [...Map.groupBy(turns, ({ question }) => question.endpoint).values()];
  const started = performance.now();
  const busy = blockEventLoop(random);
  try {
    await forEachBounded(lanes, parallel, async (lane) => {
      for (const { running, question, index } of lane) {
        const { protocols } = running.server;
        const protocol = protocols[index % protocols.length] ?? "HTTP/1.1";
        all.push({
          ...question,
          look: await look(ask, running, certificates, question, { protocol, page: nextPage() }),
        });
        onLook();
      }
    });
  } finally {
    busy.stop();
  }
  return { all, blockedMs: busy.blockedMs, tookMs: performance.now() - started };
}

function refusedBy({ server, endpoints }: RunningServer): readonly Question[] {
  return endpoints
    .flatMap((endpoint) => questionsAt(server.name, endpoint))
    .filter((question) => dueOf(question) === "refused");
}

/** Whether the verifier requires a certificate, over TLS 1.3. */
export function isHard({ endpoint, version }: Question): boolean {
  return version === "TLSv1.3" && !endpoint.mode.serves.includes("none");
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}
