import type { ProbeRow, ProbeSet } from "./probe-set.ts";

/** A truth table as text, one line a row, for people. Pure. */
export function renderProbeSet(table: ProbeSet): string {
  const lines = [
    ["shows", "version", "asked", "verdict", "due", "agrees", "why"],
    ...table.rows.map(cellsOf),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function cellsOf(row: ProbeRow): readonly string[] {
  if (row.kind === "missing")
    return [row.shows, row.version, "-", "not probed", "-", "-", `needs ${row.missing}`];
  const { asked, verdict, reason, explanation } = row.result;
  const agrees = row.agrees === undefined ? "-" : row.agrees ? "yes" : "NO";
  const was = asked === undefined ? "?" : asked ? "yes" : "no";
  return [row.shows, row.version, was, verdict, row.due ?? "-", agrees, `${reason}: ${explanation}`];
}
