import stringWidth from "string-width";

/** Text measured in columns of a terminal, where one character may take two, or none. */

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Cuts to so many columns; what is cut ends in "…". */
export function cutToColumns(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (stringWidth(text) <= columns) return text;
  let cut = "";
  let width = 0;
  for (const { segment } of characters.segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

/** Breaks at blanks, and within what is too long for a line. */
export function wrapToColumns(text: string, columns: number): readonly string[] {
  const most = Math.max(10, columns);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (stringWidth(longer) <= most) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const { segment } of characters.segment(word)) {
      if (stringWidth(line + segment) > most) {
        lines.push(line);
        line = "";
      }
      line += segment;
    }
  }
  return line === "" ? lines : [...lines, line];
}
