import { askOpenssl } from "./ask-openssl.ts";
import { forEachBounded } from "./bounded.ts";
import { type Ask, type Cell, findProblems, type Look, type Question, questionsAt } from "./cell.ts";
import type { Protocol } from "./foreign-server.ts";
import { look, pageNames } from "./look.ts";
import type { RunningServer, Surroundings } from "./start-server.ts";

/** Endpoints of one server that are asked at the same time; each of them is asked one thing after the other. */
const parallel = 4;

/**
 * `full`: in each cell every protocol that the server speaks, and openssl. `brief`: one protocol in turn, and openssl in
 * every third cell, shifted from column to column.
 */
export type Effort = "full" | "brief";

export interface TableOptions {
  readonly ask: Ask;
  /** Whether openssl is there to be asked too. */
  readonly foreignClient: boolean;
  readonly effort: Effort;
  readonly onCell: () => void;
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
  const spoken = running.server.protocols;
  // Two rows in a row are two versions of the same: the protocol changes with both.
  const protocolsAt = (column: number, row: number): readonly Protocol[] =>
    options.effort === "full"
      ? spoken
      : spoken.filter((_, at) => at === (column + row + (row >> 1)) % spoken.length);
  const asksOpenssl = (column: number, row: number): boolean =>
    options.foreignClient && (options.effort === "full" || (column + row) % 3 === 0);

  const fill = async (question: Question, column: number, row: number): Promise<void> => {
    const { endpoint, shows, version } = question;
    const looks: Look[] = [];
    for (const protocol of protocolsAt(column, row))
      looks.push(await look(options.ask, running, certificates, question, { protocol, page: nextPage() }));
    const page = nextPage();
    await running.prepare(page);
    const foreign = asksOpenssl(column, row)
      ? await askOpenssl({ port: endpoint.port, version, shows, page, folder: certificates.folder, answer })
      : undefined;
    found.set(question, { looks, foreign });
    options.onCell();
  };

  const columns = running.endpoints.map((endpoint) => questionsAt(running.server.name, endpoint));
  await forEachBounded([...columns.entries()], parallel, async ([column, questions]) => {
    for (const [row, question] of questions.entries()) await fill(question, column, row);
  });

  const served = await running.served();
  return columns.flat().map((question): Cell => {
    const { looks = [], foreign } = found.get(question) ?? {};
    return { ...question, looks, foreign, problems: findProblems(question, looks, foreign, served) };
  });
}
