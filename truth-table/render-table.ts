import type { Cell, Look } from "./cell.ts";
import { dueOf } from "./cell.ts";
import { isHard } from "./repeat.ts";
import type { Truth } from "./truth.ts";

/** The tables for people, a block for each server, then what is wrong, then the repetitions. */
export function renderTruth({ cells, repetitions }: Truth): string {
  const blocks = [...Map.groupBy(cells, ({ server }) => server)].map(([server, own]) =>
    renderBlock(server, own),
  );
  return [...blocks, renderProblems(cells), renderRepetitions(repetitions)].join("\n");
}

/** Rows are what is shown over which version, columns are modes. */
function renderBlock(server: string, cells: readonly Cell[]): string {
  const columns = [...Map.groupBy(cells, ({ endpoint }) => endpoint)];
  const rows = [...Map.groupBy(cells, ({ shows, version }) => `${shows} ${version.slice(3)}`)];
  const titles = columns.map(([{ mode, crl }]) => (crl ? `${mode.name} +CRL` : mode.name));
  const lines = rows.map(([title, own]) => [
    title,
    ...columns.map(([endpoint]) => {
      const cell = own.find((candidate) => candidate.endpoint === endpoint);
      return cell === undefined ? "" : renderCell(cell);
    }),
  ]);
  const all = [[server, ...titles], ...lines];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map(
      (line) =>
        `${line
          .map((text, at) => text.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** What the probe found, how it knows when it is a refusal, and a mark when anything about the cell is wrong. */
function renderCell(cell: Cell): string {
  const [first] = cell.looks;
  const found = first === undefined ? "-" : renderLook(first);
  return cell.problems.length > 0 ? `${found} WRONG, due ${dueOf(cell)}` : found;
}

function renderLook({ result }: Look): string {
  const { verdict, reason, alert, httpStatus } = result;
  if (verdict === "accepted") return "served";
  const how = alert === undefined ? (httpStatus === undefined ? reason : `HTTP ${httpStatus}`) : alert.name;
  return verdict === "refused" ? how : `? ${how}`;
}

function renderProblems(cells: readonly Cell[]): string {
  return cells
    .filter(({ problems }) => problems.length > 0)
    .map(
      ({ server, endpoint, shows, version, problems }) =>
        `wrong: ${server} ${endpoint.mode.name}${endpoint.crl ? " +CRL" : ""}, ${shows}, ${version}\n${problems
          .map((problem) => `  ${problem}\n`)
          .join("")}`,
    )
    .join("");
}

function renderRepetitions({ all, blockedMs, tookMs }: Truth["repetitions"]): string {
  if (all.length === 0) return "";
  const found = Map.groupBy(all, ({ look }) => look.result.verdict);
  const counts = ["refused", "inconclusive", "accepted"] as const;
  const share = Math.round((100 * blockedMs) / tookMs);
  const blocked = `the event loop blocked ${share} % of ${(tookMs / 1_000).toFixed(1)} s`;
  const sums = counts.map((verdict) => `${found.get(verdict)?.length ?? 0} ${verdict}`).join(", ");
  return `${all.length} probes that must be refused, ${all.filter(isHard).length} of them by verifiers that require a certificate over TLS 1.3, ${blocked}: ${sums}\n`;
}
