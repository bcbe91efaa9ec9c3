import { askOpenssl } from "./ask-openssl.ts";
import { forEachBounded } from "./bounded.ts";
import { type Ask, type Cell, findProblems, type Question, questionsAt } from "./cell.ts";
import type { Protocol } from "./foreign-server.ts";
import { look, pageNames } from "./look.ts";
import type { RunningServer, Surroundings } from "./start-server.ts";

/** Endpoints of one server that are asked at the same time; each of them is asked one thing after the other. */
const parallel = 4;

export interface TableOptions {
  readonly ask: Ask;
  /** Whether openssl is there to be asked too. */
  readonly foreignClient: boolean;
  /** Every protocol that the server speaks in each cell, or one of them in turn. */
  readonly protocols: "every" | "in turn";
}

/** The whole table of one server. */
export async function fillTable(
  running: RunningServer,
  surroundings: Surroundings,
  options: TableOptions,
): Promise<readonly Cell[]> {
  const { certificates, answer } = surroundings;
  const nextPage = pageNames(`${running.server.name}-cell`);
  const found = new Map<Question, Pick<Cell, "looks" | "foreign">>();
  const all = running.server.protocols;
  const protocolsAt = (index: number): readonly Protocol[] =>
    options.protocols === "every" ? all : all.filter((_, at) => at === (index + (index >> 1)) % all.length);

  const fill = async (question: Question, index: number): Promise<void> => {
    const { endpoint, shows, version } = question;
    const looks: Cell["looks"][number][] = [];
    for (const protocol of protocolsAt(index))
      looks.push(await look(options.ask, running, certificates, question, { protocol, page: nextPage() }));
    const page = nextPage();
    await running.prepare(page);
    const foreign = options.foreignClient
      ? await askOpenssl({ port: endpoint.port, version, shows, page, folder: certificates.folder, answer })
      : undefined;
    found.set(question, { looks, foreign });
  };

  const columns = running.endpoints.map((endpoint) => questionsAt(running.server.name, endpoint));
  await forEachBounded(columns, parallel, async (questions) => {
    for (const [index, question] of questions.entries()) await fill(question, index);
  });

  const served = await running.served();
  return columns.flat().map((question): Cell => {
    const { looks = [], foreign } = found.get(question) ?? {};
    return { ...question, looks, foreign, problems: findProblems(question, looks, foreign, served) };
  });
}
