import type { Finding } from "../adapter/contract.ts";
import { HandfastError, type HandfastErrorCode } from "../errors.ts";

/** One error for all findings that are in the way, each with what to do about it. */
export function refusalOf(
  code: HandfastErrorCode,
  headline: string,
  findings: readonly Finding[],
): HandfastError {
  const lines = findings.map(({ code, target, message, mend }) => {
    const about = target === undefined || message.includes(target) ? "" : `${target}: `;
    return `[${code}] ${about}${message}${mend === undefined ? "" : `; ${mend}`}`;
  });
  return new HandfastError(code, `${headline}:\n- ${lines.join("\n- ")}`, {
    target: findings[0]?.target,
    issues: findings.map(({ code, target, message }) => ({
      path: target === undefined ? [code] : [target, code],
      message,
    })),
  });
}
