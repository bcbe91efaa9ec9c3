import { oneLine } from "../plan/plain-text.ts";

/**
 * Text of others for Markdown as GitHub reads it: every character that could begin a cell, code, a link, HTML, a mention
 * or a formula goes as a reference, which can never be structure (CommonMark 0.31.2, 2.5 "Entity and numeric character
 * references"). It stays on its line. It never stands at the beginning of one: there, a dash would be a list.
 */
export function escapeMarkdown(text: string, most = 500): string {
  return oneLine(text, most)
    .replaceAll(/[&<>|`*_~[\]\\$@#!{}]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll("://", "&#58;//")
    .replaceAll(/\bwww\./gi, (found) => found.replace(".", "&#46;"));
}

/** A table; cells are Markdown that was made here, or text that was escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

/** Folded, with an empty line around what is inside, so that it is read as Markdown. */
export function folded(summary: string, inside: string): string {
  return `<details><summary>${summary}</summary>\n\n${inside.trimEnd()}\n\n</details>\n`;
}
