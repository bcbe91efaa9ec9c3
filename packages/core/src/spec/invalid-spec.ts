import { HandfastError, type SpecIssue } from "../errors.ts";

const SHOWN = 5;
const LONGEST = 240;

/** The error for a spec with these issues: the message shows the first, `details.issues` has all. */
export function invalidSpec(operation: string, issues: readonly SpecIssue[]): HandfastError {
  const first = issues.slice(0, SHOWN).map(({ path, message }) => {
    const text = message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message;
    return `${renderPath(path)}: ${text}`;
  });
  const more = issues.length > SHOWN ? [`and ${issues.length - SHOWN} more in details.issues`] : [];
  const count = issues.length === 1 ? "1 issue" : `${issues.length} issues`;
  return new HandfastError(
    "SPEC_INVALID",
    `${operation} failed, ${count}: ${[...first, ...more].join("; ")}`,
    {
      issues,
    },
  );
}

/** `links[0].to`; a part that is no plain name is quoted. */
function renderPath(path: SpecIssue["path"]): string {
  const text = path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^[A-Za-z_$][\w$-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part.slice(0, 80))}]`;
    })
    .join("");
  return text === "" ? "(the spec)" : text.replace(/^\./, "");
}
