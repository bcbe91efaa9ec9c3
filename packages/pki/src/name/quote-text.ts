/** A text that somebody gave, for an error: short, on one line, and never one that holds a private key. */
export function quoteText(text: string): string {
  return text.includes("PRIVATE KEY")
    ? "(a private key; keep it secret)"
    : JSON.stringify(text.slice(0, 200));
}
